"""hccer compact | doctor"""

import typer


def compact() -> None:
    """Merge small files; drop snapshots and blobs that nothing cites."""
    from storage.compaction import compact as reduce
    from storage.store import Store

    removal = reduce(Store.open())
    print(f"{removal.snapshots} snapshots and {removal.blobs} blobs dropped, files merged")


def doctor() -> None:
    """Check the environment and the store."""
    from hccer.doctor import examine
    from storage.home import Home

    findings = examine(Home.from_environment())
    for finding in findings:
        print(f"{'ok  ' if finding.good else 'FAIL'} {finding.what}: {finding.text}")
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


COMMANDS = (compact, doctor)
