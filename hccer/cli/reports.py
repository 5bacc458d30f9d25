"""hccer report"""

from typing import Annotated

import typer


def report(
    study: Annotated[str, typer.Option(help="which study")],
    open_: Annotated[bool, typer.Option("--open", help="open it in the browser")] = False,
) -> None:
    """Print the path of a study's report; `hccer run --study` makes it."""
    from hccer.study.report_files import report_page
    from schemas.errors import HccerError
    from storage.asked import check_study
    from storage.home import Home
    from storage.reading import Reader

    home = Home.from_environment()
    check_study(Reader(home), study)
    page = report_page(home, study)
    if not page.is_file():
        raise HccerError(f"study {study} has no report yet: hccer run --study {study}")
    print(page)
    if open_:
        typer.launch(page.as_uri())


COMMANDS = (report,)
