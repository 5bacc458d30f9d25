"""All real cases, many grey levels, memory and the first start: minutes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.radiomics.fast import extract
from hccer.radiomics.fast.discretise import bin_edges
from hccer.radiomics.fast.filters import filtered_images
from hccer.radiomics.fast.settings import plan
from hccer.radiomics.fast.volume import normalise, prepare
from tests.radiomics.reference import (
    PAPER,
    SHARED,
    assert_same,
    ellipsoid,
    imageoperations,
    pair,
    pyradiomics,
    shared,
)

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
PATIENTS = sorted(p.name for p in (SHARED / "sts" / "nifti").glob("STS_*")) or ["STS_absent"]


def _read(patient: str, phase: str) -> tuple[sitk.Image, sitk.Image]:
    image, mask = (
        sitk.ReadImage(shared(f"sts/nifti/{patient}/{phase}_{what}.nii.gz"))
        for what in ("image", "mask")
    )
    return image, mask


@pytest.mark.parametrize("phase", ["MR_T1", "PET"])
@pytest.mark.parametrize("patient", PATIENTS)
def test_real_case(patient: str, phase: str) -> None:
    image, mask = _read(patient, phase)
    found = extract(image, mask, PAPER)
    assert len(found) == 1037
    assert_same(pyradiomics(image, mask, PAPER), found)


@pytest.mark.parametrize("phase", ["MR_T1", "PET"])
@pytest.mark.parametrize("patient", PATIENTS[::4])
def test_filtered_images_of_real_cases_have_the_same_bits(patient: str, phase: str) -> None:
    resolved = plan(PAPER, 1)
    image, mask = _read(patient, phase)
    volume = prepare(normalise(image, resolved.settings), mask, resolved.settings)
    ties = 0
    for image_type, own in resolved.image_types.items():
        generator = getattr(imageoperations, f"get{image_type}Image")(volume.image, None, **own)
        expected = {n: sitk.GetArrayFromImage(band)[volume.box] for band, n, _ in generator}
        for name, found in filtered_images(volume.image, volume.box, image_type, own):
            np.testing.assert_array_equal(found, expected[name])
            values = found[volume.mask[volume.box]]
            edges = np.asarray(bin_edges(values.min(), values.max(), own), dtype=np.float64)
            nearest = edges[np.clip(np.searchsorted(edges, values), 1, len(edges) - 1)]
            ties += np.count_nonzero(np.abs(values - nearest) < 1e-9)
    print(f"{patient} {phase}: {ties} values within 1e-9 of a bin edge, none on another side")


@pytest.mark.parametrize("levels", [300, 1000])
def test_many_grey_levels(levels: int) -> None:
    shape = (24, 26, 28)
    image, mask = pair(np.random.default_rng(2).normal(size=shape), ellipsoid(shape))
    without_mcc = [n[14:] for n in extract(image, mask, {}) if n.startswith("original_glcm_")]
    without_mcc.remove("MCC")
    classes = {"glcm": without_mcc, **dict.fromkeys(("glrlm", "glszm", "gldm", "ngtdm"))}
    if levels < 500:
        classes["glcm"] = None
    parameters = {"setting": {"binCount": levels}, "featureClass": classes}
    assert_same(pyradiomics(image, mask, parameters), extract(image, mask, parameters))


MEMORY = """
import resource
import numpy as np, SimpleITK as sitk
from hccer.radiomics.fast import extract
from tests.radiomics.reference import PAPER
voxels = np.random.default_rng(0).integers(0, 1000, size=(120, 512, 512), dtype=np.int16)
z, y, x = np.ogrid[:120, :512, :512]
inside = ((z - 60) / 40) ** 2 + ((y - 256) / 47) ** 2 + ((x - 256) / 47) ** 2 < 1
image, mask = sitk.GetImageFromArray(voxels), sitk.GetImageFromArray(inside.astype(np.uint8))
assert inside.sum() > 365_000
del voxels, inside
parameters = dict(PAPER, setting=dict(PAPER["setting"], {setting}))
assert len(extract(image, mask, parameters)) == 1037
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def _python(code: str, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize("setting", ["", "resampledPixelSpacing=None"])
def test_memory_of_a_worker(setting: str) -> None:
    """Peak with the image, the mask and pyradiomics itself in the process, in MiB."""
    assert float(_python(MEMORY.replace("{setting}", setting))) < 1000


WARM_UP = "from hccer.radiomics.fast import warm_up; print(warm_up(), warm_up())"


def test_first_start_fills_a_cache_for_the_next(tmp_path: Path) -> None:
    first, again = (
        float(_python(WARM_UP, NUMBA_CACHE_DIR=str(tmp_path)).split()[0]) for _ in range(2)
    )
    assert again < first / 2
    assert any(tmp_path.rglob("*.nbi"))


def test_processes_that_start_together(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WARM_UP],
            cwd=ROOT,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in started:
        output, _ = process.communicate()
        assert process.returncode == 0
        assert re.fullmatch(r"[\d.]+ [\d.]+\n", output)


def test_no_writable_cache(tmp_path: Path) -> None:
    """Where nothing can be written, kernels are compiled in the process."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = (
        "import numba.core.caching as c; c.CacheImpl._locator_classes = []\n"
        "from hccer.radiomics.fast import warm_up; print(warm_up())"
    )
    assert float(_python(code, NUMBA_CACHE_DIR=str(blocked))) > 0
