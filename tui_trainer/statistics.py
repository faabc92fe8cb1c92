"""Spread, and how sure one can be of it: what may be said of a handful of seeds and of 5,000 examples."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

NORMAL_95 = statistics.NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Spread:
    """The middle and the ends of some values."""

    median: float
    min: float
    max: float


def spread(values: Sequence[float]) -> Spread:
    """Median, minimum and maximum; `ValueError` where there is no value."""
    if not values:
        raise ValueError("no values")
    return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % confidence interval."""

    estimate: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the sign of the estimate can be relied on."""
        return self.low > 0 or self.high < 0


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Interval:
    """Mean of `first − second` pair by pair, with Student's t interval (Student 1908, Biometrika 6:1).

    `ValueError` for fewer than two pairs, or rows of different lengths.
    """
    differences = [a - b for a, b in zip(first, second, strict=True)]
    if len(differences) < 2:
        raise ValueError("an interval wants at least two pairs")
    mean = statistics.fmean(differences)
    half = t_quantile(0.975, len(differences) - 1) * statistics.stdev(differences) / math.sqrt(len(differences))
    return Interval(mean, mean - half, mean + half)


def binomial_interval(successes: float, trials: int) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22:209); `ValueError` for no trial."""
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no proportion")
    p, z2 = successes / trials, NORMAL_95**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = NORMAL_95 / (1 + z2 / trials) * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    return Interval(p, max(0.0, centre - half), min(1.0, centre + half))


def t_quantile(probability: float, degrees: int) -> float:
    """The t below which Student's distribution has `probability`, at least 0.5 and below 1; by bisection, to 1e-12."""
    low, high = 0.0, 1.0
    while t_probability(high, degrees) < probability:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if t_probability(middle, degrees) < probability else (low, middle)
    return (low + high) / 2


def t_probability(t: float, degrees: int) -> float:
    """Student's cumulative distribution: for a whole number of degrees a finite sum (Abramowitz & Stegun 26.7.3–4)."""
    angle = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    if degrees % 2:
        term, total = cosine, 0.0
        for n in range(1, degrees // 2 + 1):
            total += term
            term *= cosine * cosine * 2 * n / (2 * n + 1)
        inside = 2 / math.pi * (angle + sine * total)
    else:
        term, total = 1.0, 0.0
        for n in range(1, degrees // 2 + 1):
            total += term
            term *= cosine * cosine * (2 * n - 1) / (2 * n)
        inside = sine * total
    return (1 + inside) / 2
