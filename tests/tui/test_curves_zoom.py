"""Zoom and pan: always within the whole, and what is pointed at stays under the pointer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.tui.zoom import CLOSEST, Stretch

WHOLE = Stretch(0.0, 240.0)
shares = st.floats(0, 1)
factors = st.floats(0.1, 10)


@given(st.lists(st.tuples(factors, shares, st.floats(-1, 1)), max_size=20), st.booleans())
def test_no_series_of_zooms_and_moves_leaves_the_whole(steps: list[tuple[float, float, float]], log: bool) -> None:
    whole = Stretch(0.5, 240.0, log)
    seen = whole
    for factor, share, by in steps:
        seen = seen.zoomed(whole, factor, seen.at(share)).moved(whole, by)
        assert whole.low * (1 - 1e-9) <= seen.low < seen.high <= whole.high * (1 + 1e-9)


@given(shares, st.floats(1, 10), st.booleans())
def test_zooming_in_keeps_the_place_under_the_pointer(share: float, factor: float, log: bool) -> None:
    whole = Stretch(1.0, 240.0, log)
    place = whole.at(share)
    assert whole.zoomed(whole, factor, place).share(place) == pytest.approx(share, abs=1e-6)


def test_it_does_not_go_closer_than_can_be_told_apart() -> None:
    seen = WHOLE
    for _ in range(100):
        seen = seen.zoomed(WHOLE, 2, 120)
    assert seen.high - seen.low == pytest.approx(240 * CLOSEST)


def test_zooming_out_ends_with_the_whole() -> None:
    assert WHOLE.zoomed(WHOLE, 4, 200).zoomed(WHOLE, 0.1, 200) == WHOLE


def test_moving_stops_at_the_ends_and_keeps_the_width() -> None:
    seen = Stretch(100.0, 120.0).moved(WHOLE, 100)
    assert (seen.low, seen.high) == (220.0, 240.0)


@given(st.floats(0.001, 1000))
def test_share_and_place_are_inverse(x: float) -> None:
    for stretch in (Stretch(0.001, 1000.0), Stretch(0.001, 1000.0, log=True)):
        assert stretch.at(stretch.share(x)) == pytest.approx(x, rel=1e-6, abs=1e-9)
