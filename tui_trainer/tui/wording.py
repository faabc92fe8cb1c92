"""Numbers as people read them: durations, shares, counts."""

import math


def duration(seconds: float | None) -> str:
    """3:07, 1:02:09, 99:59:59, 4 d 05 h; a dash where it is not known."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "–"
    whole = int(seconds)
    if whole >= 100 * 3600:
        return f"{whole // 86400:,} d {whole % 86400 // 3600:02} h"
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def spent(seconds: float | None) -> str:
    """How long something took: below ten seconds with hundredths, else as `duration`."""
    brief = seconds is not None and 0 <= seconds < 9.995
    return f"{seconds:.2f} s" if brief else duration(seconds)


def short(name: str, room: int) -> str:
    """The id of a run in so many columns: its end tells it from others."""
    return name if len(name) <= room else "…" + name[len(name) - room + 1 :]


def ago(seconds: float) -> str:
    """How long ago, in one unit."""
    if seconds < 1.5:
        return "just now"
    if seconds < 90:
        return f"{seconds:.0f} s ago"
    return f"{seconds / 60:.0f} min ago" if seconds < 5400 else f"{seconds / 3600:.0f} h ago"


def percent(fraction: float | None, decimals: int = 2) -> str:
    """A fraction in per cent; a dash where there is none."""
    if fraction is None or not math.isfinite(fraction):
        return "–"
    return f"{fraction * 100:.{decimals}f} %"


def number(value: float | None, digits: int = 4) -> str:
    """A measured value in a few digits; a dash where there is none, a word where it is not finite."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "infinite"
    return f"{value:.{digits}f}" if abs(value) < 1000 else f"{value:.3g}"


def count(value: float | None) -> str:
    """A whole number with thousands apart."""
    return "–" if value is None or not math.isfinite(value) else f"{round(value):,}"
