"""Runs that differ in their seeds alone, as one curve: the median, and a band from the least to the greatest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import Any

from tui_trainer.tui.overlay import Shown
from tui_trainer.tui.tracks import Track

OWN = ("seed", "data_seed", "title")  # settings in which the runs of a band may differ


@dataclass(frozen=True)
class Band:
    """At each x, over the runs that have a finite value there."""

    xs: list[float]
    low: list[float]
    middle: list[float]  # the median
    high: list[float]

    def hatched(self) -> tuple[list[float], list[float]]:
        """The band as one line that goes up and down within it."""
        xs = [x for x in self.xs for _ in range(2)]
        ends = (
            (low, high) if place % 2 else (high, low)
            for place, (low, high) in enumerate(zip(self.low, self.high, strict=True))
        )
        return xs, list(chain.from_iterable(ends))


def alike(runs: Sequence[Shown]) -> list[list[Shown]]:
    """The runs in groups that differ in their seeds alone, in the order in which they come."""
    groups: dict[Any, list[Shown]] = {}
    for shown in runs:
        settings = shown.history.config.to_mapping() | shown.history.settings
        key = repr(sorted((name, value) for name, value in settings.items() if name not in OWN))
        groups.setdefault(key, []).append(shown)
    return list(groups.values())


def band(tracks: Sequence[Track], smooth: bool = False) -> Band:
    """The band of some curves, at each x that any of them has; NaN where none is finite."""
    found: dict[float, list[float]] = {}
    for track in tracks:
        for x, y in zip(track.xs, track.smooth if smooth else track.raw, strict=True):
            found.setdefault(x, []).extend([y] if math.isfinite(y) else [])
    xs = sorted(found)
    columns = [found[x] or [math.nan] for x in xs]
    return Band(xs, [min(c) for c in columns], [median(c) for c in columns], [max(c) for c in columns])
