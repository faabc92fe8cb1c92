"""Numbers of an axis: limits that fit, ticks at round places, labels of one form."""

import math
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise

LARGEST = 1e150  # beyond it a range overflows; nothing that is worth a plot is so large


def drawable(value: float, log: bool) -> bool:
    """Whether a value has a place on the axis."""
    return math.isfinite(value) and abs(value) < LARGEST and (value > 1 / LARGEST or not log)


def limits(values: Sequence[float], log: bool = False) -> tuple[float, float]:
    """Lowest and highest place of an axis that shows drawable values, with a little room around them."""
    if not values:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = min(values), max(values)
    if log:
        return (low / 1.1, high * 1.1)
    if low == high:
        room = abs(low) * 0.1 or 0.5
        return (max(0.0, low - room) if low >= 0 else low - room, high + room)
    room = (high - low) * 0.05
    return (0.0 if 0 <= low < (high - low) * 0.25 else low - room, high + room)


def ticks(low: float, high: float, most: int, log: bool = False, whole: bool = False) -> list[float]:
    """At most `most` round places within the limits: 1, 2 or 5 times a power of ten (on a log axis too)."""
    if log:
        return _log_ticks(low, high, most)
    step = _step(low, high, most, whole)
    first, last = _within(low, high, step)
    places = [index * step for index in range(first, last + 1)]
    return [float(f"{place:.15g}") for place in places]


def _within(low: float, high: float, step: float) -> tuple[int, int]:
    """The first and the last multiple of a step within the limits; a hair's breadth outside counts."""
    return math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)


def _step(low: float, high: float, most: int, whole: bool) -> float:
    """The smallest of 1, 2, 5 times a power of ten that gives at most so many ticks."""
    power = 10.0 ** math.floor(math.log10(max((high - low) / most, sys.float_info.min)))
    steps = [factor * power for factor in (1, 2, 5, 10, 20, 50, 100)]
    steps = [max(1.0, step) for step in steps] if whole else steps
    return next((step for step in steps if _count(low, high, step) <= most), steps[-1])


def _count(low: float, high: float, step: float) -> int:
    first, last = _within(low, high, step)
    return last - first + 1


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    places: list[float] = []
    for factors, every in ((range(1, 10), 1), ((1, 2, 5), 1), ((1, 3), 1), *(((1,), n) for n in range(1, 400))):
        powers = (power for power in range(first, last + 1) if power % every == 0)
        places = [factor * 10.0**power for power in powers for factor in factors]
        places = [place for place in places if low * (1 - 1e-9) <= place <= high * (1 + 1e-9)]
        if len(places) <= most:
            break
    return places if len(places) > 1 else ticks(low, high, most)


def labels(places: Sequence[float], percent: bool = False, log: bool = False) -> list[str]:
    """The ticks as text, all with as many decimals as it takes to tell them apart."""
    scaled = [place * 100 for place in places] if percent else list(places)
    if any(place and not 1e-4 <= abs(place) < 1e6 for place in scaled):
        written: Callable[[float], str] = _exponent
    elif log:
        written = _shortest
    else:
        decimals = next((d for d in range(9) if all(math.isclose(round(v, d), v, abs_tol=1e-9) for v in scaled)), 4)
        written = f"{{:,.{decimals}f}}".format
    return [written(value) + (" %" if percent else "") for value in scaled]


def along(
    low: float, high: float, columns: int, log: bool = False, whole: bool = False
) -> tuple[list[float], list[str]]:
    """Ticks and their labels on an axis of so many columns: as many as leave two columns between any two labels."""
    for most in range(max(2, columns // 6), 2, -1):
        places = ticks(low, high, most, log, whole)
        written = labels(places, log=log)
        if _apart(places, columns, low, high, log) >= 2 + max(map(len, written), default=0):
            return places, written
    places = ticks(low, high, 2, log, whole)
    return places, labels(places, log=log)


def _apart(places: Sequence[float], columns: int, low: float, high: float, log: bool) -> float:
    """The fewest columns between two neighbours."""
    scaled = [math.log10(place) if log else place for place in (low, high, *places)]
    width = (scaled[1] - scaled[0]) / columns
    return min((after - before) / width for before, after in pairwise(scaled[2:])) if len(places) > 1 else columns


def _shortest(value: float) -> str:
    return f"{value:.6g}"


def _exponent(value: float) -> str:
    mantissa, _, power = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa
