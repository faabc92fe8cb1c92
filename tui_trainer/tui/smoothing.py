"""Smooths a curve: an exponential average that is exact on a constant series and passes over what is not finite."""

import math

WEIGHTS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)


class Smoother:
    """A bias-corrected exponential average (Kingma & Ba 2015, §3), fed one value at a time.

    In the form m ← m + g·(v − m) with g = (1 − w) / (1 − wⁿ): the first value is taken whole, and a constant
    series comes out bit for bit.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight  # in [0, 1); 0 leaves the series as it is
        self._mean = 0.0
        self._remaining = 1.0  # wⁿ after n finite values

    def add(self, value: float) -> float:
        """The average with this value; NaN for one that is not finite, which changes nothing."""
        if not math.isfinite(value):
            return math.nan
        self._remaining *= self.weight
        gain = (1 - self.weight) / (1 - self._remaining)
        self._mean = value if gain >= 1 else _between(self._mean, value, gain)
        return self._mean


def _between(mean: float, value: float, gain: float) -> float:
    distance = value - mean
    if math.isfinite(distance):
        return mean + gain * distance
    return mean * (1 - gain) + value * gain  # the distance of two huge values overflows


def next_weight(weight: float, by: int) -> float:
    """The weight above (1) or below (-1) in `WEIGHTS`; the first and the last stay."""
    place = min(range(len(WEIGHTS)), key=lambda index: abs(WEIGHTS[index] - weight))
    return WEIGHTS[max(0, min(len(WEIGHTS) - 1, place + by))]
