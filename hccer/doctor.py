"""Is this machine, this environment and this store fit for use."""

import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from packaging.requirements import Requirement

from schemas.errors import HccerError
from storage.blobs import Blobs
from storage.ddl import STORED
from storage.home import Home

if TYPE_CHECKING:
    from storage.store import Store

NETWORK_FILE_SYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "lustre", "glusterfs", "9p")
)
FREE_GB = 2.0
SHOWN = 3  # of several faults of a kind
CITED = {
    "blobs": "select image_sha256 from image union select mask_sha256 from segmentation",
    "artifacts": "select artifact_sha256 from model_fit where model not in ('DL', 'DLRCR') "
    "and artifact_sha256 is not null",
    "weights": "select weights_sha256 from network",
}


@dataclass(frozen=True)
class Finding:
    """One thing examined: what, whether it is good, and what was seen."""

    what: str
    good: bool
    text: str


def examine(home: Home) -> list[Finding]:
    """Every finding about the environment and the store."""
    findings = [_python(), *_packages(), _torch(), _disk(home), _file_system(home)]
    return findings + (list(_store(home)) if home.exists else [_no_store(home)])


def _python() -> Finding:
    good = platform.python_version_tuple()[:2] == ("3", "11")
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    return Finding("python", good, f"{platform.python_version()}, {cores} cores, {memory:.0f} GB")


def _packages() -> Iterator[Finding]:
    wrong = []
    for requirement in map(Requirement, requires("hccer") or []):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            there = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(there, prereleases=True):
            wrong.append(f"{requirement} is needed, {there} is there")
    yield Finding("packages", not wrong, "; ".join(wrong) or "all as required")


def _torch() -> Finding:
    import torch

    build = f"{torch.__version__}, " + (f"CUDA {torch.version.cuda}" if torch.version.cuda
                                        else "CPU build")  # fmt: skip
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU"
    return Finding("torch", True, f"{build}, {device}")


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(_existing(home.path)).free / 2**30
    return Finding("disk", free > FREE_GB, f"{free:.0f} GB free at {home.path}")


def _file_system(home: Home) -> Finding:
    kind = file_system(home.path)
    embedded = home.catalog_url is None or home.registry_url is None
    good = kind not in NETWORK_FILE_SYSTEMS or not embedded
    advice = "" if good else (
        ": SQLite needs a local disk; set HCCER_HOME to one, or HCCER_CATALOG and HCCER_REGISTRY "
        "to PostgreSQL"
    )  # fmt: skip
    return Finding("file system", good, kind + advice)


def file_system(path: Path) -> str:
    """Type of the file system that holds a path, or its nearest existing parent."""
    place = _existing(path)
    mounts = [part for part in psutil.disk_partitions(all=True)
              if place.is_relative_to(part.mountpoint)]  # fmt: skip
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _no_store(home: Home) -> Finding:
    if home.path.exists() and not home.path.is_dir():
        return Finding("store", False, f"{home.path} is a file: HCCER_HOME names a folder")
    if home.registry.exists():
        return Finding("store", False, f"{home.registry} is there, but no lake beside it: put the "
                       "folder `lake` back from a copy")  # fmt: skip
    return Finding("store", True, f"none yet in {home.path}")


def _store(home: Home) -> Iterator[Finding]:
    from storage.reading import Reader
    from storage.store import Store

    damaged = list(_damaged_databases(home))
    yield Finding("databases", not damaged, "; ".join(damaged) or "intact")
    try:
        store, reader = Store.open(home), Reader(home)
    except HccerError as error:
        yield Finding("store", False, str(error))
        return
    yield Finding("store", True, f"{home.path}, {len(store.registry.cohorts())} cohorts, "
                  f"snapshot {store.snapshot()}")  # fmt: skip
    lost = list(_lost_files(store))
    yield Finding("data files", not lost, _first(lost) or "all there")
    if lost:
        return  # they may be those that cite the blobs
    cited = [
        (kind, sha256)
        for kind, sql in CITED.items()
        for sha256 in reader.query(f"select distinct * from ({sql}) order by all").to_series()
    ]
    broken = [text for kind, sha256 in cited if (text := _damage(getattr(store, kind), sha256))]
    yield Finding("blobs", not broken, _first(broken) or f"{len(cited)} intact")


def _first(texts: list[str]) -> str:
    more = f" (and {len(texts) - SHOWN} more)" if len(texts) > SHOWN else ""
    return "; ".join(texts[:SHOWN]) + more


def _damaged_databases(home: Home) -> Iterator[str]:
    """What SQLite says of each file that is not whole; before anything else opens them."""
    for file in sorted((home.registry, home.catalog, *home.dagster.rglob("*.db"))):
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as con:
                (found,) = con.execute("pragma quick_check(1)").fetchone()
        except sqlite3.Error as error:
            found = str(error)
        if file.exists() and found != "ok":
            yield f"{file} is damaged ({found}): put it back from a copy"


def _lost_files(store: "Store") -> Iterator[str]:
    """Data files of today's rows that are not there."""
    for table in STORED:
        listed = store.session.execute(
            f"select data_file from ducklake_list_files('lake', '{table.name}')"
        ).fetchall()
        gone = [file for (file,) in listed if not Path(file).is_file()]
        if gone:
            yield f"{gone[0]}, of the table {table.name}, is lost: put it back from a copy"


def _damage(blobs: Blobs, sha256: str) -> str | None:
    try:
        blobs.get(sha256)
    except HccerError as error:
        return str(error)
    return None
