"""Radiomics of real images: the pipeline's step against pyradiomics' own command line."""

import shutil
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pandas as pd
import yaml

from hccer.parallel import cores
from schemas.preset import load_preset
from storage.home import Home
from storage.store import Store
from tests.benchmark.cases import COHORT, copy_cases, prepare_store
from tests.benchmark.measure import Row
from tests.benchmark.processes import PROGRAMS, Cost, run
from tests.support import missing_group

Pair = tuple[Path, Path]


def measure(folder: Path, options: Namespace) -> list[Row]:
    """Cases per minute of both, as whole processes that start cold."""
    if reason := missing_group("sts"):
        print(f"extraction: skipped, {reason}", file=sys.stderr)
        return []
    pairs = copy_cases(folder / "cases", options.cases)
    _write_batch(folder, pairs)
    prepare_store(folder / "prepared", folder / "cases")
    jobs = options.jobs or sorted({cores(), 4})
    works = [_ours, *(_theirs(each) for each in jobs)]
    rounds = [[work(folder, len(pairs)) for work in works] for _ in range(options.repeats)]
    ours, *others = [list(each) for each in zip(*rounds, strict=True)]
    note = _agreement(folder, pairs)
    return [row for each, costs in zip(jobs, others, strict=True)
            for row in _rows(len(pairs), ours, each, costs, note)]  # fmt: skip


def _write_batch(folder: Path, pairs: list[Pair]) -> None:
    parameters = load_preset("paper").radiomics.parameters()
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters))
    pd.DataFrame(pairs, columns=["Image", "Mask"]).to_csv(folder / "batch.csv", index=False)


def _ours(folder: Path, _count: int) -> Cost:
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(folder / "prepared", home)
    return run([sys.executable, "-m", "tests.benchmark.step", str(home), COHORT, "extraction"])


def _theirs(jobs: int) -> Callable[[Path, int], Cost]:
    def work(folder: Path, count: int) -> Cost:
        out = folder / "out.csv"
        out.unlink(missing_ok=True)
        cost = run([str(PROGRAMS / "pyradiomics"), str(folder / "batch.csv"), "-p",
                    str(folder / "params.yaml"), "--jobs", str(jobs), "-o", str(out),
                    "-f", "csv"])  # fmt: skip
        assert len(pd.read_csv(out)) == count
        return cost

    return work


def _rows(count: int, ours: list[Cost], jobs: int, theirs: list[Cost], note: str) -> list[Row]:
    other = f"pyradiomics --jobs {jobs}"
    wall = [[each.wall for each in costs] for costs in (ours, theirs)]
    work = [[each.processor for each in costs] for costs in (ours, theirs)]
    per_minute = [f"{60 * count / median(each):.2f}" for each in wall]
    return [
        Row("extraction", f"{count} cases", wall[0], other, wall[1],
            f"cases/min: {' beside '.join(per_minute)}"),
        Row("extraction", f"{count} cases, processor time", work[0], other, work[1], note),
    ]  # fmt: skip


def _agreement(folder: Path, pairs: list[Pair]) -> str:
    """How far the values of both lie apart: only equal work may be compared."""
    store = Store.open(Home(folder / "home"))
    sql = ("select s.source as mask, feature_name as name, value as ours from lake.extraction "
           "join lake.extraction_value using (extraction_id) join lake.segmentation as s "
           "using (cohort_id, patient_id, phase, reader_id, session_id)")  # fmt: skip
    ours = store.rows(sql).to_pandas()
    wide = pd.read_csv(folder / "out.csv")
    wide["mask"] = [str(mask.relative_to(folder / "cases")) for _, mask in pairs]
    named = [name for name in wide.columns if name in set(ours["name"])]
    both = ours.merge(wide.melt("mask", named, "name", "theirs"), on=["mask", "name"])
    apart = (both.ours - both.theirs).abs() / both.theirs.abs().clip(lower=1e-12)
    return f"{len(both):,} of {len(ours):,} values compared, at most {apart.max():.1g} apart"
