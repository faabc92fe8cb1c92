"""Tracks, measures, slots: what stands behind a drawn curve."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import STEPS, epoch, epochs, piece, started

from tui_trainer.config import resolve
from tui_trainer.events import Event
from tui_trainer.history import History
from tui_trainer.tui.measures import AXES, MEASURES, Measure, seconds_at
from tui_trainer.tui.overlay import MOST, slot_of
from tui_trainer.tui.tracks import Track

EPOCH, STEP, SECONDS = AXES
BY_NAME = {measure.name: measure for measure in MEASURES}


def history(*events: Event) -> History:
    told = History(resolve({}), STEPS, "run")
    for event in events:
        told.add(event)
    return told


def track(told: History, measure: str = "loss", split: str = "validation", axis: int = 0, weight: float = 0.0) -> Track:
    made = Track(told, BY_NAME[measure], AXES[axis], weight, split)
    made.follow()
    return made


def test_a_track_takes_in_only_what_is_new_and_ends_as_one_made_at_once() -> None:
    told = history(*epochs(3))
    grown = track(told, weight=0.9)
    for number in range(4, 40):
        told.add(epoch(number))
        grown.follow()
    fresh = track(told, weight=0.9)
    assert (grown.xs, grown.raw, grown.smooth) == (fresh.xs, fresh.raw, fresh.smooth)


def test_before_two_epochs_are_done_training_is_shown_by_slices_and_then_by_epochs() -> None:
    told = history(started(), *(piece(step) for step in range(100, 900, 100)))
    shown = track(told, split="training")
    assert len(shown.xs) == 8
    for number in (1, 2, 3):
        told.add(epoch(number))
    shown.follow()
    assert list(shown.xs) == [1, 2, 3]


@pytest.mark.parametrize("axis", range(len(AXES)), ids=[axis.name for axis in AXES])
@pytest.mark.parametrize("measure", MEASURES, ids=[measure.name for measure in MEASURES])
def test_every_measure_on_every_axis_ascends_and_has_a_value_for_each_place(measure: Measure, axis: int) -> None:
    told = history(started(), *(piece(step) for step in range(100, 2000, 100)), *epochs(30)[1:])
    for split in measure.curves:
        shown = track(told, measure.name, split, axis)
        assert shown.xs
        assert list(shown.xs) == sorted(shown.xs)
        assert len(shown.xs) == len(shown.raw) == len(shown.smooth)
        assert all(map(math.isfinite, shown.xs))


def test_accuracy_is_one_minus_error() -> None:
    told = history(*epochs(5))
    error, accuracy = track(told, "error"), track(told, "accuracy")
    assert list(accuracy.raw) == [1 - value for value in error.raw]


def test_seconds_an_epoch_are_the_differences_and_unknown_for_the_first_of_a_fork() -> None:
    assert list(track(history(*epochs(4)), "seconds an epoch", "").raw) == [2.0] * 4
    forked = track(history(epoch(11), epoch(12)), "seconds an epoch", "")
    assert math.isnan(forked.raw[0])
    assert forked.raw[1] == 2.0


def test_time_within_an_epoch_is_taken_as_even() -> None:
    told = history(*epochs(4))
    assert [seconds_at(told, place) for place in (0, 0.5, 1, 2.25, 4)] == [0, 1, 2, 4.5, 8]


def test_places_that_are_not_finite_are_remembered() -> None:
    told = history(epoch(1), epoch(2, loss=math.nan), epoch(3, loss=math.inf), epoch(4))
    shown = track(told, weight=0.5)
    assert shown.bad == [1, 2]
    assert math.isfinite(shown.smooth[3])


@given(st.lists(st.floats(-10, 50), min_size=1, max_size=30), st.integers(1, 30))
def test_the_cursor_finds_the_nearest_point_and_nothing_beyond_the_ends(places: list[float], count: int) -> None:
    shown = track(history(*epochs(count)))
    for x in places:
        place = shown.place(x)
        if x < 1 or x > count:
            assert place is None
        else:
            assert place is not None
            assert abs(shown.xs[place] - x) == min(abs(other - x) for other in shown.xs)


def test_stepping_goes_from_point_to_point_and_stops_at_the_ends() -> None:
    shown = track(history(*epochs(5)))
    assert [shown.beside(x, by) for x, by in ((3, 1), (3, -1), (5, 1), (1, -1), (2.5, 1), (2.5, -1), (3, 10))] == [
        *(4, 2, 5, 1, 3, 2, 5)
    ]


def test_what_is_not_measured_yet_has_no_points_and_no_cursor() -> None:
    shown = track(history(started()))
    assert (list(shown.xs), shown.place(0.0), shown.beside(0.0, 1), shown.first_above_zero()) == ([], None, None, None)


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=MOST))
def test_a_run_has_its_own_colour_and_mark_by_its_id_and_no_two_share_both(names: list[str]) -> None:
    taken: dict[str, int] = {}
    for name in names:
        taken[name] = slot_of(name, taken.values())
    assert len(set(taken.values())) == len(names)
    assert all(slot_of(name, ()) == slot_of(name, [40]) for name in names)


def test_the_slot_of_an_id_is_the_same_on_every_machine() -> None:
    assert [slot_of(f"20261123-1{n}4211-k3f{n}", ()) for n in range(5)] == [4, 4, 0, 3, 6]
