"""Smoothing: exact on a constant, deaf to what is not finite, and the average that it says it is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.tui.smoothing import WEIGHTS, Smoother, next_weight

finite = st.floats(allow_nan=False, allow_infinity=False)
weights = st.floats(0, 0.999)


def smoothed(values: list[float], weight: float) -> list[float]:
    smoother = Smoother(weight)
    return [smoother.add(value) for value in values]


@given(finite, weights, st.integers(1, 200))
def test_a_constant_series_comes_out_bit_for_bit(value: float, weight: float, count: int) -> None:
    assert smoothed([value] * count, weight) == [value] * count


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.sampled_from(WEIGHTS))
def test_it_is_the_bias_corrected_exponential_average(values: list[float], weight: float) -> None:
    total, expected = 0.0, []
    for count, value in enumerate(values, start=1):
        total = weight * total + (1 - weight) * value
        expected.append(total / (1 - weight**count))
    assert smoothed(values, weight) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(st.lists(finite, min_size=1, max_size=50), weights)
def test_it_never_leaves_the_range_of_the_values(values: list[float], weight: float) -> None:
    slack = 1e-9 * max(map(abs, values))
    assert all(min(values) - slack <= value <= max(values) + slack for value in smoothed(values, weight))


@given(st.lists(st.one_of(finite, st.sampled_from([math.nan, math.inf, -math.inf])), max_size=60), weights)
def test_what_is_not_finite_is_a_gap_and_changes_nothing_behind_it(values: list[float], weight: float) -> None:
    result = smoothed(values, weight)
    assert [math.isnan(value) for value in result] == [not math.isfinite(value) for value in values]
    kept = [value for value in result if not math.isnan(value)]
    assert kept == smoothed([value for value in values if math.isfinite(value)], weight)


def test_weight_zero_leaves_a_series_as_it_is() -> None:
    assert smoothed([1.0, -2.0, 3.5], 0.0) == [1.0, -2.0, 3.5]


def test_weights_are_stepped_through_and_end_at_both_ends() -> None:
    assert next_weight(0.0, -1) == 0.0
    assert next_weight(0.0, 1) == WEIGHTS[1]
    assert next_weight(WEIGHTS[-1], 1) == WEIGHTS[-1]
