"""What may be said of the rows: which reading holds the reported numbers, what is better than what, and why."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from tui_trainer.reproduce.assignment import Accuracies
from tui_trainer.reproduce.measured import KINDS, SPLITS, Row, proportion
from tui_trainer.statistics import Interval, paired_difference

ROUNDING = 0.00005  # reported numbers have two digits after the point of a per cent


@dataclass(frozen=True)
class Tail:
    """How many seeds of a row come as far as a reported number, on the side on which fewer do."""

    split: str
    kind: str
    reported: float
    above: bool  # whether those are counted that reach it, or those that stay below
    seeds: int


@dataclass(frozen=True)
class Reading:
    """Whether the four numbers that the assignment reports lie where a row's seeds do."""

    row: Row
    inside: bool  # each between the least and the greatest of the seeds
    nearly: bool  # or its binomial interval reaches into that range
    rarest: Tail | None = None  # of the four numbers, the one that fewest seeds come to

    @property
    def verdict(self) -> str:
        """In words."""
        return "inside" if self.inside else "nearly" if self.nearly else "outside"


def reading(row: Row) -> Reading:
    """Hold the reported numbers against a row."""
    inside = nearly = True
    tails = []
    for split, kind in _numbers():
        found, reported = row.spread(split, kind), row.experiment.reported[split][kind]
        if found is None:
            return Reading(row, False, False)
        interval = proportion(reported, split)
        inside &= found.min - ROUNDING <= reported <= found.max + ROUNDING
        nearly &= found.min <= interval.high and interval.low <= found.max
        tails.append(_tail(row, split, kind, reported))
    return Reading(row, inside, nearly, min(tails, key=lambda tail: tail.seeds))


def _tail(row: Row, split: str, kind: str, reported: float) -> Tail:
    values = row.accuracies(split, kind)
    reach = sum(value >= reported - ROUNDING for value in values)
    below = sum(value <= reported + ROUNDING for value in values)
    return Tail(split, kind, reported, reach <= below, min(reach, below))


def distance(row: Row, reported: Accuracies) -> float:
    """How far the medians of a row are from the reported numbers, at most; infinite where nothing was measured."""
    found = [(row.spread(split, kind), reported[split][kind]) for split, kind in _numbers()]
    return max(abs(spread.median - value) if spread else float("inf") for spread, value in found)


def _numbers() -> Iterator[tuple[str, str]]:
    return ((split, kind) for split in SPLITS for kind in KINDS)


@dataclass(frozen=True)
class Comparison:
    """The final validation accuracy of one row beside another's, seed by seed."""

    first: Row
    second: Row
    difference: Interval | None  # first − second; None for fewer than two seeds
    apart: bool  # the binomial intervals of the two means do not overlap: other examples would say so too
    wins: int  # seeds in which the first is ahead
    seeds: int

    @property
    def ahead(self) -> Row | None:
        """The row that other seeds would find ahead on these examples; None where the interval holds zero."""
        if self.difference is None or not self.difference.excludes_zero:
            return None
        return self.first if self.difference.low > 0 else self.second

    @property
    def better(self) -> Row | None:
        """The row that may be called better: ahead, and by more than the number of examples leaves open."""
        return self.ahead if self.apart else None

    @property
    def verdict(self) -> str:
        """In words."""
        if self.better is not None:
            return f"{self.better.experiment.name} is better"
        if self.ahead is not None:
            return f"{self.ahead.experiment.name} is ahead on these examples"
        return "no difference is shown"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; fractions."""
        names = {"first": self.first.experiment.name, "second": self.second.experiment.name}
        interval = None if self.difference is None else dataclasses.asdict(self.difference)
        return {**names, "difference": interval, "wins": self.wins, "seeds": self.seeds, "verdict": self.verdict}


def compare(first: Row, second: Row) -> Comparison:
    """Compare two rows over the seeds that both have."""
    pairs = [
        (a, b)
        for seed, result in first.seeds.items()
        if seed in second.seeds
        and (a := result.accuracy("validation", "final")) is not None
        and (b := second.seeds[seed].accuracy("validation", "final")) is not None
    ]
    wins = sum(a > b for a, b in pairs)
    if len(pairs) < 2:
        return Comparison(first, second, None, False, wins, len(pairs))
    ours, theirs = zip(*pairs, strict=True)
    low, high = sorted((proportion(fmean(side), "validation") for side in (ours, theirs)), key=lambda i: i.estimate)
    return Comparison(first, second, paired_difference(ours, theirs), low.high < high.low, wins, len(pairs))


def comparisons(rows: Sequence[Row]) -> list[Comparison]:
    """Every other variant of a preset beside the one as printed, and the presets as printed beside each other."""
    printed = [row for row in rows if row.experiment.variant == "as-printed"]
    found = [
        compare(row, base)
        for base in printed
        for row in rows
        if row.experiment.preset == base.experiment.preset and row is not base
    ]
    return found + [compare(a, b) for i, a in enumerate(printed) for b in printed[i + 1 :]]
