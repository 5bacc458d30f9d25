"""Epochs as lines, where there is no terminal."""

from collections.abc import Iterable
from types import SimpleNamespace

import pytest

from hccer.deep.course import Epoch
from hccer.study import epochs as shown_epochs
from hccer.study.epochs import shown


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that are now, in a list of one."""
    now = [0.0]
    monkeypatch.setattr(shown_epochs, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def lines(
    clock: list[float], capsys: pytest.CaptureFixture[str], numbers: Iterable[int], seconds: float
) -> list[str]:
    with shown("ResNet-10", 40, live=False) as show:
        for number in numbers:
            clock[0] += seconds
            show(Epoch(number, 0.5, 0.4, None if number < 3 else 0.75, seconds))
    return capsys.readouterr().err.splitlines()


def test_the_last_epoch_is_shown_where_training_ends_early(clock, capsys):
    assert lines(clock, capsys, range(1, 8), 1) == [
        "ResNet-10: 7/40, loss 0.500, stopping AUC 0.750, 7 s"
    ]


def test_a_line_now_and_then_and_none_twice(clock, capsys):
    found = lines(clock, capsys, range(1, 5), 31)
    assert [each.split(",")[0] for each in found] == [f"ResNet-10: {n}/40" for n in range(1, 5)]
    assert found[0] == "ResNet-10: 1/40, loss 0.500, 31 s"


def test_without_an_epoch_there_is_nothing_to_show(clock, capsys):
    assert lines(clock, capsys, (), 1) == []
