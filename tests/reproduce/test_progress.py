"""How far a reproduction is, in lines for a log."""

import pytest

from tui_trainer.events import Ended, EpochMeasured, FindingMade, SaveFailed, Warned
from tui_trainer.history import History
from tui_trainer.reproduce import progress as module
from tui_trainer.reproduce.assignment import Experiment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds, to be set by hand."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def epoch(history: History, number: int) -> EpochMeasured:
    event = EpochMeasured(number, 10 * number, 1.0, 0.5, 1.0, 0.5, 0.01, 1.0)
    history.add(event)
    return event


def test_a_line_each_ten_seconds_with_the_time_that_is_left(clock: list[float], capsys) -> None:
    shown = module.Progress(40.0)
    history = History(Experiment("assignment-1", "as-printed").config(0, 4), 10, "a")
    shown.begin("first", 1.0, {})
    for number in range(1, 5):
        clock[0] += 5
        shown(epoch(history, number), history)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["  5%  first, about 190 s left", " 10%  first, about 180 s left"]


def test_work_done_before_counts_and_parts_add_up(clock: list[float], capsys) -> None:
    shown = module.Progress(40.0)
    shown.begin("first", 1.0, {"a": 4.0, "b": 4.0})
    clock[0] = 20
    shown.begin("second", 4.0, {"c": 1.0})
    assert capsys.readouterr().err.startswith(" 30%  second")


def test_what_a_person_must_know_is_said_and_what_the_report_says_is_not(clock: list[float], capsys) -> None:
    shown = module.Progress(1.0)
    shown.begin("row", 1.0, {})
    history = History(Experiment("assignment-1", "as-printed").config(3, 4), 10, "a")
    shown(SaveFailed("checkpoint", "No space left on device", 7), history)
    shown(Warned("the doctor failed"), history)
    shown(FindingMade("dead-output-units", 1, 1, "error", {}, "why", "cure"), history)
    shown(Ended("done", 4, 40), history)
    shown(Ended("failed", 4, 40, "No space left on device"), history)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "could not save checkpoint: No space left on device" in lines[0]
    assert "assignment-1 as-printed, seed 3: failed" in lines[2]
