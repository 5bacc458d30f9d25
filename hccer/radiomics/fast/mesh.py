"""Surface area and volume of the marching-cubes mesh of a region.

The triangles of each of the 128 cube configurations are those of pyradiomics 3.0.1 (BSD-3,
after P. Bourke's table): edges 0 to b, three per triangle.
"""

from functools import cache

import numpy as np

from hccer.radiomics.fast.jit import kernel

TRIANGLES = """
    - 083 190 183198 12a 08312a 92a029 2832a8a98 b23 b2008b 190b23 b2119b98b 3a1ba3 a1008a8ba
    9033b9ba9 98aba8 478 043473 190478 194147173 12a478 34730412a 92a902478 2a9297273479 478b23
    b47b24204 190478b23 47b94bb29192 3a1ba3478 ba114b10447b 4789033b9ba9 47b4b99ba 954 954083
    054015 854835315 12a954 08312a954 2a5542240 2a5325354834 954b23 b2008b954 054015b23
    215258b28548 3a1ba3954 549a1008a8ba 54050ba5bb03 548a58ba8 789579 309539357 780017715 157173
    78957912a 12a309395357 0288258572a5 2a5253357 579789b23 579972209b27 b23018178157 21b17b157
    7895793a1ba3 5705097b0a10ba0 ba003ba50078570 ba557b 65a 08365a 19065a 18319865a 165126
    165126083 965906026 598582526832 b2365a b2008b65a 190b2365a b2119b98b65a 63b653513
    08b0b50515b6 63b036065059 65969bb98 47865a 04347365a 19047865a 19414717365a 478165126
    043473165126 478965906026 739479329596269 b2347865a b47b2420465a 190b2347865a
    47b94bb2919265a 47863b653513 51b5b610b47b04b 47863b036065059 65969b4797b9 a4964a a4964a083
    01aa60640 18316886461a 149124264 149124264083 024426 832824426 b23a4964a b2008ba4964a
    b2301aa60640 64161a148b2118b 964369139b63 18b081b61149641 63b036640 86468b 67a78a89a
    67a0a709a073 67a1a7178018 67a1a7173 126168189678 269129679309739 078706602 273267
    b2367a78a89a 207b2709767a9a7 67a1a7178018b23 b2117ba61167 896678169b63136 09167b
    07870603bb60 67b
"""

# Midpoints of the twelve edges of a cube, in z, y, x.
MIDPOINTS = (
    np.array(
        [
            *((0, 0, 1), (0, 1, 2), (0, 2, 1), (0, 1, 0), (2, 0, 1), (2, 1, 2)),
            *((2, 2, 1), (2, 1, 0), (1, 0, 0), (1, 0, 2), (1, 2, 2), (1, 2, 0)),
        ]
    )
    / 2
)


@cache
def configurations(spacing: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Area (128,) of each cube configuration and its six-fold volume (128, 4).

    The volume is that of the tetrahedra to the origin: constant, and slope along z, y, x of the
    cube's position in voxels.
    """
    area, volume = np.zeros(128), np.zeros((128, 4))
    for index, edges in enumerate(TRIANGLES.split()):
        corners = [MIDPOINTS[int(edge, 16)] * spacing for edge in edges if edge != "-"]
        for a, b, c in zip(corners[::3], corners[1::3], corners[2::3], strict=True):
            area[index] += 0.5 * np.sqrt((np.cross(a - c, b - c) ** 2).sum())
            volume[index, 0] += np.cross(a, b) @ c
            volume[index, 1:] += (np.cross(a, b) + np.cross(b, c) + np.cross(c, a)) * spacing
    return area, volume


@kernel
def _edge_corners(mask: np.ndarray, z: int, y: int, x: int) -> int:
    return (
        mask[z, y, x] | mask[z, y + 1, x] << 3 | mask[z + 1, y, x] << 4 | mask[z + 1, y + 1, x] << 7
    )


@kernel
def _face_corners(mask: np.ndarray, z: int, y: int, x: int) -> int:
    return (
        mask[z, y, x] << 1
        | mask[z, y + 1, x] << 2
        | mask[z + 1, y, x] << 5
        | mask[z + 1, y + 1, x] << 6
    )


@kernel
def _measure_cubes(mask: np.ndarray, area: np.ndarray, volume: np.ndarray) -> tuple[float, float]:
    total_area = total_volume = 0.0
    for z in range(mask.shape[0] - 1):
        for y in range(mask.shape[1] - 1):
            for x in range(mask.shape[2] - 1):
                cube = _edge_corners(mask, z, y, x) | _face_corners(mask, z, y, x + 1)
                if cube == 0 or cube == 255:
                    continue
                sign = 1.0
                if cube & 128:
                    cube ^= 255
                    sign = -1.0
                v = volume[cube]
                total_area += area[cube]
                total_volume += sign * (v[0] + z * v[1] + y * v[2] + x * v[3])
    return total_area, total_volume


def surface_and_volume(
    mask: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[float, float]:
    """Area (mm2) and volume (mm3) of the mesh around `mask` (z, y, x; bool, spacing in mm)."""
    padded = np.pad(mask, 1).astype(np.int64)
    area, volume = _measure_cubes(padded, *configurations(spacing))
    return float(area), float(volume / 6)
