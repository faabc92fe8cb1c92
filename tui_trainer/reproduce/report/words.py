"""Numbers as people read them."""

from collections.abc import Sequence

from tui_trainer.statistics import Interval, Spread


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as a number of per cent, without the sign; a dash for None."""
    return "–" if value is None else f"{100 * value:.{digits}f}"


def spread_words(found: Spread | None) -> str:
    """The median with the range, in per cent."""
    return "–" if found is None else f"{percent(found.median)} ({percent(found.min)}–{percent(found.max)})"


def range_words(low: float, high: float) -> str:
    """From one fraction to another, in per cent."""
    both = percent(low) if percent(low) == percent(high) else f"{percent(low)}–{percent(high)}"
    return f"{both}\u00a0%"


def points(interval: Interval) -> str:
    """An interval of differences, in points of a per cent, each with its sign."""
    return f"{100 * interval.low:+.2f} … {100 * interval.high:+.2f}".replace("-", "−")


def signed(value: float) -> str:
    """A difference in points."""
    return f"{100 * value:+.2f}".replace("-", "−")


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def seeds_words(count: int, of: int) -> str:
    """How many of the seeds."""
    return (
        f"{'none' if count == 0 else 'all' if count == of and of > 1 else count} of {of} seed{'s' if of != 1 else ''}"
    )
