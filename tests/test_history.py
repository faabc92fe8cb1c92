"""History: curves and totals from events, whatever their number and order of files."""

import math
from dataclasses import replace

import pytest

from tui_trainer.config import resolve
from tui_trainer.events import (
    CheckpointSaved,
    Continued,
    Ended,
    EpochMeasured,
    FindingMade,
    FindingResolved,
    Loading,
    Paused,
    SaveFailed,
    SettingChanged,
    SliceMeasured,
    Started,
)
from tui_trainer.history import History


def epoch(number: int, training: float, validation: float, seconds: float) -> EpochMeasured:
    """An epoch that took two seconds of training, and half a second to save, by the wall clock."""
    losses = (training * 2, training, validation * 2, validation)
    return EpochMeasured(number, number * 100, *losses, 0.01, seconds, at=1000.0 + 2.5 * number)


@pytest.fixture
def history() -> History:
    told = History(resolve({"epochs": 4, "batch_size": 10}), steps_per_epoch=100, run="r")
    for event in (Loading("the data"), Started(1, "host", at=1000.0), epoch(1, 0.5, 0.4, 2.0), epoch(2, 0.3, 0.2, 4.0)):
        told.add(event)
    return told


def test_totals_follow_from_the_epochs(history: History) -> None:
    history.add(epoch(3, 0.2, 0.25, 6.0))
    assert history.accuracy("training") == {"max": 0.8, "final": 0.8}
    assert history.accuracy("validation") == {"max": 0.8, "final": 0.75}
    assert history.loss("validation") == {"min": 0.4, "final": 0.5}
    assert history.best_epoch == 2
    assert history.seconds_per_epoch == 2.0
    assert (history.elapsed, history.remaining_seconds) == (7.5, 2.5)
    assert history.examples_per_second == 300 * 10 / 6.0


def test_pauses_and_the_time_between_trainers_are_no_training(history: History) -> None:
    history.add(Paused(2, 200, "asked", at=1005.5))
    history.add(Continued(2, 200, at=2000.0))
    history.add(Loading("the data", at=3000.0))
    history.add(Started(2, "host", at=3001.0))
    history.add(replace(epoch(3, 0.2, 0.25, 6.0), at=3003.0))
    assert history.elapsed == 5.5 + 2.0


def test_what_is_left_of_a_fork_is_counted_from_where_it_began() -> None:
    history = History(resolve({"epochs": 100}), steps_per_epoch=100)
    history.add(Started(1, "here", 80, 8000, "step-000008000.safetensors", at=1200.0))
    assert history.remaining_seconds is None
    history.add(epoch(90, 0.2, 0.2, 20.0))  # 25 s later
    assert history.remaining_seconds == 25.0
    history.add(Started(2, "here", 90, 9000, "step-000009000.safetensors", at=1230.0))  # it goes on five seconds later
    history.add(epoch(96, 0.2, 0.2, 32.0))
    assert history.remaining_seconds == 4 * 35 / 16


def test_a_fork_stands_where_its_parent_was_before_it_has_measured_anything() -> None:
    history = History(resolve({"epochs": 100}), steps_per_epoch=100)
    history.add(Started(1, "here", 80, 8050, "step-000008050.safetensors", at=1200.0))
    assert (history.epoch, history.step, history.position) == (80, 8050, 80.5)
    history.add(SliceMeasured(81, 8060, 0.5, 0.2, 3.0, at=1201.0))
    assert (history.epoch, history.step, history.training_curve("loss")) == (80, 8060, "slice_loss")


def test_a_start_that_is_read_after_what_came_later_changes_no_place(history: History) -> None:
    """Lines of a long file are folded before the events that stand in the other one."""
    history.add(Started(2, "host", 1, 100, "step-000000100.safetensors", at=1002.5))
    assert (history.epoch, history.step) == (2, 200)


def test_examples_are_those_of_batches_that_are_not_full() -> None:
    history = History(resolve({"batch_size": 32, "partial_batch": True, "train_examples": 100}), steps_per_epoch=4)
    history.add(EpochMeasured(1, 4, 1.0, 0.5, 1.0, 0.5, 0.01, 2.0))
    assert history.examples_per_second == 50


def test_status_follows_the_trainer(history: History) -> None:
    assert history.status == "training"
    history.add(Paused(2, 200, "asked"))
    assert (history.status, history.reason) == ("paused", "asked")
    history.add(Continued(2, 200))
    assert history.status == "training"
    history.add(Ended("diverged", 2, 250, "the loss was not finite"))
    assert history.ended
    assert history.summary()["status"] == "diverged"


def test_a_value_that_is_not_finite_is_a_gap_and_spoils_no_total(history: History) -> None:
    history.add(EpochMeasured(3, 300, math.nan, math.nan, math.nan, math.nan, 0.01, 6.0))
    assert math.isnan(history.curves["training_loss"].values[-1])
    assert history.accuracy("training") == {"max": 0.7, "final": None}
    assert history.best_epoch == 2


def test_a_fraction_of_an_epoch_is_counted(history: History) -> None:
    history.add(SliceMeasured(3, 250, 1.0, 0.25, 5.0))
    assert history.position == 2.5
    assert history.curves["slice_error"].last == 0.25


def test_a_failed_save_stands_until_one_succeeds(history: History) -> None:
    history.add(SaveFailed("checkpoint", "No space left on device", 200))
    assert history.save_failure is not None
    history.add(CheckpointSaved("step-000000200.safetensors", 2, 200, best=True, at=5.0))
    assert history.save_failure is None
    assert history.last_saved == 5.0
    assert history.best_checkpoint is not None


def test_changes_and_findings_leave_marks_where_they_happened(history: History) -> None:
    history.add(SettingChanged("epochs", 4, 9, 2, 250))
    history.add(FindingMade("plateau", 2, 200, "warning", {}, "why", "cure"))
    assert history.epochs == 9
    assert [(mark.epoch, mark.kind) for mark in history.marks] == [(2.5, "setting"), (2, "finding")]
    assert [found["rule"] for found in history.summary()["findings"]] == ["plateau"]
    history.add(FindingResolved("plateau", 3, 300))
    assert not history.findings


def test_a_run_of_which_nothing_is_known_has_a_summary() -> None:
    summary = History(resolve({})).summary()
    assert summary["accuracy"]["training"] == {"max": None, "final": None}
    assert summary["best_epoch"] is None
    assert summary["seconds_per_epoch"] is None
