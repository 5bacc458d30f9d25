"""Seconds per case of pyradiomics and of the fast engine, in one run on one machine.

    python -m tests.benchmark.engine [--cases N] [--repeats N] [--batch N] [--skip-cli]

Prints one line per real case (one thread, warm, interleaved), medians by modality, the start-up
of the compiler apart, cases per minute of pyradiomics' command line (`--jobs 4`) against the fast
engine with four worker processes on 48 cases, and the peers that are installed. The command line
refuses more jobs than the machine has cores: with fewer than four, both get as many as cores.
"""

import os

THREADS = ("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
os.environ.update(dict.fromkeys((*THREADS, "MKL_NUM_THREADS"), "1"))

import argparse  # noqa: E402
import csv  # noqa: E402
import functools  # noqa: E402
import json  # noqa: E402
import operator  # noqa: E402
import resource  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from itertools import cycle, islice  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402
from time import perf_counter, process_time  # noqa: E402

import SimpleITK as sitk  # noqa: E402

from hccer.radiomics.fast import extract, warm_up  # noqa: E402
from tests.radiomics.reference import PAPER, SHARED, pyradiomics  # noqa: E402

Case = tuple[str, Path, Path]
WORKERS = min(4, os.cpu_count() or 1)


def real_cases() -> list[Case]:
    """Name, image and mask of every real case, modalities taking turns."""
    folder = SHARED / "sts" / "nifti"
    return [
        (f"{patient.name} {phase}", *(patient / f"{phase}_{w}.nii.gz" for w in ("image", "mask")))
        for patient in sorted(folder.glob("STS_*"))
        for phase in ("MR_T1", "PET")
    ]


def _seconds(function: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time, which other processes disturb less."""
    start, used = perf_counter(), process_time()
    function()
    return perf_counter() - start, process_time() - used


def compare(case: Case, repeats: int) -> tuple[float, ...]:
    """Medians on a case in memory: seconds of pyradiomics and of the fast engine, their ratio.

    The last value is the ratio of processor times.
    """
    image, mask = (sitk.ReadImage(str(path)) for path in case[1:])
    runs = []
    for _ in range(repeats):
        slow, slow_used = _seconds(lambda: pyradiomics(image, mask, PAPER))
        fast, fast_used = _seconds(lambda: extract(image, mask, PAPER))
        runs.append((slow, fast, slow / fast, slow_used / fast_used))
    return tuple(median(column) for column in zip(*runs, strict=True))


def _print_medians(name: str, ratios: Sequence[tuple[float, float]]) -> None:
    clock, used = zip(*ratios, strict=True)
    print(
        f"median ratio {name}: {median(clock):.1f} (lowest {min(clock):.1f}), "
        f"of processor time {median(used):.1f} (lowest {min(used):.1f})"
    )


def single_thread(cases: Sequence[Case], repeats: int) -> None:
    """Print the table of single cases and the medians of its ratios."""
    ratios: dict[str, list[tuple[float, float]]] = {}
    print(f"{'case':<16}{'pyradiomics s':>15}{'fast s':>10}{'ratio':>8}{'of CPU':>8}")
    for case in cases:
        slow, fast, ratio, used = compare(case, repeats)
        ratios.setdefault(case[0].split()[1], []).append((ratio, used))
        print(f"{case[0]:<16}{slow:>15.2f}{fast:>10.3f}{ratio:>8.1f}{used:>8.1f}", flush=True)
    for phase, found in ratios.items():
        _print_medians(phase, found)
    _print_medians("of all", functools.reduce(operator.iadd, ratios.values(), []))


def _start_worker() -> None:
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    warm_up()


def _extract_files(case: Case) -> int:
    image, mask = (sitk.ReadImage(str(path)) for path in case[1:])
    return len(extract(image, mask, PAPER))


def fast_workers(batch: Sequence[Case]) -> None:
    """Extract with the fast engine, reading and the start of the workers included."""
    with ProcessPoolExecutor(WORKERS, initializer=_start_worker) as pool:
        assert set(pool.map(_extract_files, batch)) == {1037}


def command_line(batch: Sequence[Case], folder: Path) -> None:
    """Extract with pyradiomics' command line."""
    table, settings = folder / "batch.csv", folder / "params.yaml"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("Image", "Mask"), *(case[1:] for case in batch)])
    settings.write_text(json.dumps(PAPER))
    command = [str(Path(sys.executable).with_name("pyradiomics")), str(table), "-p", str(settings)]
    command += ["--jobs", str(WORKERS), "-o", str(folder / "out.csv"), "-f", "csv"]
    subprocess.run(command, check=True, capture_output=True)
    with (folder / "out.csv").open() as file:
        assert sum(1 for _ in file) == len(batch) + 1


def _in_children(function: Callable[[], None], cases: int) -> tuple[float, float]:
    """Cases per minute by the clock, and processor seconds per case of the child processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    function()
    seconds, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cases / seconds * 60, used / cases


def many_cases(cases: Sequence[Case], size: int) -> None:
    """Print cases per minute of both with several workers, and their ratio."""
    batch = list(islice(cycle(cases), size))
    print(f"{size} cases, {WORKERS} workers on {os.cpu_count()} cores")
    fast, fast_used = _in_children(lambda: fast_workers(batch), size)
    print(f"fast: {fast:.1f} cases/min, {fast_used:.2f} CPU s per case", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        slow, slow_used = _in_children(lambda: command_line(batch, Path(folder)), size)
    print(f"pyradiomics --jobs {WORKERS}: {slow:.1f} cases/min, {slow_used:.2f} CPU s per case")
    print(f"ratio {fast / slow:.1f}, of processor time {slow_used / fast_used:.1f}")


def _nyxus(case: Case) -> object:
    import nyxus

    return nyxus.Nyxus3D(["*3D_ALL*"]).featurize_files([str(case[1])], [str(case[2])], False)


def _mirp(case: Case) -> object:
    from mirp import extract_features

    return extract_features(
        image=str(case[1]),
        mask=str(case[2]),
        new_spacing=1.0,
        base_discretisation_method="fixed_bin_number",  # a bin width asks it for a lower bound
        base_discretisation_n_bins=32,
    )


PEERS: dict[str, Callable[[Case], object]] = {"nyxus": _nyxus, "mirp": _mirp}


def _original(case: Case) -> object:
    image, mask = (sitk.ReadImage(str(file)) for file in case[1:])
    return extract(image, mask, {**PAPER, "imageType": {"Original": {}}})


def peers(cases: Sequence[Case]) -> None:
    """Print the seconds of the peers beside ours: original image, whatever features they have."""
    for name, run in PEERS.items():
        if find_spec(name) is None:
            print(f"{name}: not installed")
            continue
        run(cases[0])  # start-up is not counted
        pairs = [[_seconds(lambda case=case, each=each: each(case))[0] for each in (run, _original)]
                 for case in cases]  # fmt: skip
        theirs, ours = (median(column) for column in zip(*pairs, strict=True))
        print(f"{name}: median {theirs:.2f} s per case on the original image, the fast engine "
              f"{ours:.2f} s, ratio {median(t / o for t, o in pairs):.1f}")  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, help="only the first N real cases")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each engine per case")
    parser.add_argument("--batch", type=int, default=48, help="cases of the runs with workers")
    parser.add_argument("--skip-cli", action="store_true", help="skip the runs with workers")
    options = parser.parse_args()
    cases = real_cases()[: options.cases]
    if not cases:
        sys.exit(f"There are no real cases in {SHARED}.")
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    print(f"start-up: {warm_up():.2f} s first (compiled or read from disk), then {warm_up():.3f} s")
    single_thread(cases, options.repeats)
    if not options.skip_cli:
        many_cases(cases, options.batch)
    peers(cases[:4])


if __name__ == "__main__":
    main()
