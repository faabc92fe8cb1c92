"""The next number up or down from one that is shown."""

import math

SMALLEST = 1e-6  # below it stands 0
FIRST = 0.0001  # above 0 stands this


def stepped(text: str, by: int, whole: bool, first: float = FIRST) -> str:
    """The round number above (`by` 1) or below (-1): along 1, 2, 5, 10, …; whole numbers under 20 by one.

    Text that is no number is given back as it is; nothing steps below 0, and from there to `first`.
    """
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value) or value < 0:
        return text
    if whole and (value < 20 or (value == 20 and by < 0)):
        return str(max(0, int(value) + by))
    if value == 0:
        return "0" if by < 0 else f"{first:g}"
    if by < 0 and value <= (first if first > FIRST else SMALLEST):
        return "0"
    return _written(_above(value) if by > 0 else _below(value), whole)


def _above(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power > value * (1 + 1e-9))


def _below(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return next(step * power for step in (5, 2, 1, 0.5, 0.2) if step * power < value * (1 - 1e-9))


def _written(value: float, whole: bool) -> str:
    return str(round(value)) if whole else f"{value:.10g}"
