"""Intervals against published tables and against the definition."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.statistics import binomial_interval, paired_difference, spread, t_probability, t_quantile

# two-sided 95 % points, to three places as every table prints them
PUBLISHED = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 10: 2.228, 19: 2.093, 30: 2.042, 120: 1.980}


@pytest.mark.parametrize(("degrees", "t"), PUBLISHED.items())
def test_t_quantile_is_that_of_the_tables(degrees: int, t: float) -> None:
    assert t_quantile(0.975, degrees) == pytest.approx(t, abs=5e-4)


@given(st.floats(0.5, 0.9999), st.integers(1, 200))
def test_t_quantile_undoes_the_distribution(probability: float, degrees: int) -> None:
    assert t_probability(t_quantile(probability, degrees), degrees) == pytest.approx(probability, abs=1e-9)


def test_t_distribution_tends_to_the_normal_one() -> None:
    normal = statistics.NormalDist()
    for t in (0.3, 1.0, 2.5):
        assert t_probability(t, 4000) == pytest.approx(normal.cdf(t), abs=1e-4)


def test_paired_difference_of_a_worked_example() -> None:
    found = paired_difference([5, 7, 9, 11], [4, 5, 6, 7])  # differences 1, 2, 3, 4
    half = 3.18245 * math.sqrt(5 / 3) / 2
    assert found.estimate == 2.5
    assert found.low == pytest.approx(2.5 - half, abs=1e-4)
    assert found.high == pytest.approx(2.5 + half, abs=1e-4)
    assert found.excludes_zero


def test_paired_difference_covers_the_truth_in_about_95_of_100_experiments() -> None:
    rng = random.Random(5)
    covered = 0
    for _ in range(2000):
        seeds = [rng.gauss(0, 3) for _ in range(6)]
        found = paired_difference([s + 1 + rng.gauss(0, 1) for s in seeds], seeds)
        covered += found.low <= 1 <= found.high
    assert 0.935 < covered / 2000 < 0.965


@pytest.mark.parametrize(("first", "second"), [([1.0], [2.0]), ([], []), ([1.0, 2.0], [1.0])])
def test_paired_difference_wants_pairs(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError):
        paired_difference(first, second)


def test_wilson_interval_of_published_examples() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
    for successes, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        found = binomial_interval(successes, trials)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_estimate_and_stays_in_the_unit(case: tuple[int, int]) -> None:
    found = binomial_interval(*case)
    assert 0 <= found.low <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.high <= 1


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (3, 2), (-1, 5)])
def test_binomial_interval_wants_a_proportion(successes: int, trials: int) -> None:
    with pytest.raises(ValueError):
        binomial_interval(successes, trials)


def test_spread() -> None:
    found = spread([3.0, 1.0, 2.0, 10.0])
    assert (found.median, found.min, found.max) == (2.5, 1.0, 10.0)
    with pytest.raises(ValueError):
        spread([])
