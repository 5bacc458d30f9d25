"""Crops to tensors: rows of the lake, beside MONAI's dataset of the same crops as NIfTI files."""

import hashlib
import warnings
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from hccer.deep.description import describe
from hccer.deep.loader import COLUMNS, crop_arrays
from hccer.deep.resident import resident
from hccer.deep.samples import Samples
from hccer.parallel import cores
from hccer.pipeline.rows import UNITS_PER_COMMIT, frame
from hccer.study.crops import ROWS_PER_BATCH
from schemas.deep import DeepSettings
from schemas.tables import CROP
from storage.home import Home
from storage.store import Change, Store
from tests.benchmark.measure import Row, interleaved

PATIENTS, SLICES, CHANNELS, SIZE = 165, 3, 3, 256
BATCH = 64


@dataclass(frozen=True)
class Crops:
    """The same crops in a lake and in files."""

    store: Store
    files: list[dict[str, str]]

    def from_lake(self) -> float:
        """Every crop as tensors on the device, by SQL and the way that training goes."""
        query = f"select {', '.join(COLUMNS)} from lake.crop order by patient_id, position"
        found = self.store.session.execute(query).to_arrow_reader(ROWS_PER_BATCH)
        crops = crop_arrays(found, SLICES)
        n = len(crops)
        samples = Samples(crops.tensors, None, np.zeros(n, int), crops.masks, np.zeros(n, str))
        description = describe(samples, "ResNet-10", DeepSettings(), ())
        images = resident(samples, description, torch.device("cpu")).images
        return _read([(images, torch.from_numpy(crops.masks))])

    def from_files(self, processes: int) -> float:
        """Every crop as tensors, by MONAI; SimpleITK reads, which is there anyway."""
        from monai.data import DataLoader, Dataset
        from monai.transforms import Compose, EnsureTyped, Lambdad

        keys = ["image", "mask"]
        steps = Compose([Lambdad(keys, _voxels), EnsureTyped(keys, track_meta=False)])
        batches = DataLoader(Dataset(self.files, steps), batch_size=BATCH, num_workers=processes)
        return _read((each["image"], each["mask"]) for each in batches)


def _voxels(file: str) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(file))


def _read(batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Take every batch; their sum, so that nothing is left unread."""
    return sum(float(each.sum(dtype=torch.float64)) for batch in batches for each in batch)


def measure(folder: Path, options: Namespace) -> list[Row]:
    """Seconds to read the crops of the published cohort's size, 256 pixels, three phases."""
    torch.set_num_threads(1)
    crops = _written(folder, options.cases or PATIENTS)
    samples = len(crops.files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sums = crops.from_lake(), crops.from_files(0)
        if not np.isclose(*sums):
            raise SystemExit(f"loader: lake and files hold different crops: {sums}")
        ours, one, many = interleaved(
            options.repeats,
            crops.from_lake,
            lambda: crops.from_files(0),
            lambda: crops.from_files(cores()),
        )
    what = f"{samples} slices of {CHANNELS}x{SIZE}x{SIZE}"
    note = f"{samples / np.median(ours):,.0f} slices/s"
    return [
        Row("loader", what, ours, "MONAI, .nii.gz", one, note),
        Row("loader", "the same", ours, f"MONAI, {cores()} workers", many),
    ]


def _written(folder: Path, patients: int) -> Crops:
    store, files = Store.open(Home(folder / "home")), []
    rng = np.random.default_rng(0)
    for first in range(0, patients, UNITS_PER_COMMIT):
        rows = []
        for number in range(first, min(first + UNITS_PER_COMMIT, patients)):
            for position in range(1, SLICES + 1):
                tensor, mask = _crop(rng)
                rows.append(_row(number, position, tensor, mask))
                files.append(_files(folder / f"{number}_{position}", tensor, mask))
        store.commit([Change(CROP, insert=frame(CROP, rows))], "crops")
    store.merge_files()
    return Crops(store, files)


def _crop(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Smooth random pixels, as interpolated images have them, and a disc."""
    coarse = rng.normal(scale=0.3, size=(CHANNELS, SIZE // 8, SIZE // 8))
    tensor = np.clip(coarse.repeat(8, 1).repeat(8, 2), -1, 1).astype(np.float32)
    noise = rng.normal(scale=0.01, size=tensor.shape).astype(np.float32)
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return tensor + noise, (np.hypot(rows, columns) < SIZE / 4).astype(np.uint8)


def _row(number: int, position: int, tensor: np.ndarray, mask: np.ndarray) -> dict:
    pixels = tensor.tobytes()
    return {
        "cohort_id": "loader", "patient_id": f"P_{number:04d}", "settings_id": "s",
        "position": position, "phases": "AP,PVP,DP", "slice_index": position, "tensor": pixels,
        "tensor_sha256": hashlib.sha256(pixels).hexdigest(), "mask": mask.tobytes(),
        "shape": list(tensor.shape), "dtype": "float32", "spacing_mm": 1.0, "area_mm2": 1.0,
        "derivation": "benchmark", "run_id": "benchmark",
    }  # fmt: skip


def _files(name: Path, tensor: np.ndarray, mask: np.ndarray) -> dict[str, str]:
    made = {}
    for kind, voxels in (("image", tensor), ("mask", mask)):
        made[kind] = f"{name}_{kind}.nii.gz"
        sitk.WriteImage(sitk.GetImageFromArray(voxels), made[kind])
    return made
