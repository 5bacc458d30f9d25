"""Ctrl-C while a library computes."""

import signal


def end_at_once() -> None:
    """Let Ctrl-C end this process, also in the middle of a query: nothing of it is left half done.

    Polars and DuckDB would note the signal, and go on computing.
    """
    import polars  # noqa: F401  its import takes the signal over

    signal.signal(signal.SIGINT, signal.SIG_DFL)
