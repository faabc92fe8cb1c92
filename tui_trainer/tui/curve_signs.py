"""The signs at the foot of a plot: what happened to a run, and where a value was not finite."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_trainer.text import printable

if TYPE_CHECKING:
    from tui_trainer.tui.curve_view import View
    from tui_trainer.tui.overlay import Shown
    from tui_trainer.tui.plot import Sign
    from tui_trainer.tui.themes import Palette
    from tui_trainer.tui.zoom import Stretch

# kind → (in Unicode, in ASCII, what it means); where two fall into one column, the later in this table is seen
KINDS: dict[str, tuple[str, str, str]] = {
    "checkpoint": ("·", "'", "checkpoint"),
    "pause": ("‖", "=", "pause"),
    "resume": ("»", ">", "resume"),
    "setting": ("Δ", "~", "setting"),
    "finding": ("!", "!", "finding"),
    "end": ("]", "]", "early end"),
    "gap": ("⊘", "?", "not finite"),
}
RANK = {kind: rank for rank, kind in enumerate(KINDS)}
BAD = ("finding", "end", "gap")
COLUMNS = 150  # signs closer than that share a column, more or less
NEAR = 0.006  # of the width: what is so close to the cursor is told


@dataclass(frozen=True)
class Happening:
    """Something at an x of the axis."""

    x: float
    kind: str
    text: str


@dataclass(frozen=True)
class Happenings:
    """All of one kind that happened to a run, in the order of x: there can be one for each of a million epochs."""

    kind: str
    items: Sequence[Any]
    x: Callable[[Any], float]
    text: Callable[[Any], str]

    def spaced(self, seen: "Stretch") -> Iterator[tuple[int, float]]:
        """One for each column of what is seen that has any, with its x; it costs the columns, not the items."""
        place, column = bisect_left(self.items, seen.at(-0.5 / COLUMNS), key=self.x), -1
        while place < len(self.items):
            x = self.x(self.items[place])
            column = max(column + 1, math.floor(seen.share(x) * COLUMNS + 0.5))
            if column > COLUMNS:
                break
            yield column, x
            place = bisect_left(self.items, seen.at((column + 0.5) / COLUMNS), lo=place + 1, key=self.x)

    def between(self, low: float, high: float) -> Iterator[Happening]:
        """Those from one x to another."""
        first = bisect_left(self.items, low, key=self.x)
        for item in self.items[first : bisect_right(self.items, high, lo=first, key=self.x)]:
            yield Happening(self.x(item), self.kind, printable(self.text(item)))


def happenings(view: "View", shown: "Shown", splits: tuple[str, ...]) -> Iterator[Happenings]:
    """All that is marked on a run, by the user's choice of signs; checkpoints, being many, of the chosen run only."""
    if view.signs == 0:
        return
    history, place = shown.history, partial(view.axis.place, shown.history)
    if view.signs == 2 and (shown is view.chosen or len(view.overlay.visible) == 1):
        saved = history.checkpoints
        yield Happenings(
            "checkpoint", sorted(saved), place, lambda epoch: "best checkpoint" if saved[epoch] else "checkpoint"
        )
    marks = sorted(history.marks, key=lambda mark: mark.epoch)
    for kind in KINDS:
        if of_kind := [mark for mark in marks if mark.kind == kind]:
            yield Happenings(kind, of_kind, lambda mark: place(mark.epoch), lambda mark: mark.text)
    for split in splits:
        track = view.track(shown, split)
        yield Happenings("gap", track.bad, track.xs.__getitem__, partial(_why_not, view, shown, split))


def _why_not(view: "View", shown: "Shown", split: str, place: int) -> str:
    """Why a value cannot be drawn."""
    what = f"{split} {view.measure.name}".strip()
    word = "NaN" if math.isnan(view.track(shown, split).raw[place]) else "infinite"
    history = shown.history
    because = f": {history.reason}" if history.status == "diverged" and history.reason else ""
    return f"{what} is {word}{because}"


def signs(view: "View", splits: tuple[str, ...], ascii: bool, palette: "Palette") -> "list[Sign]":
    """The signs of all visible runs, one for each column, the weightiest; several runs are told apart by colour."""
    from tui_trainer.tui.plot import Sign

    seen, visible = view.seen, view.overlay.visible
    columns: dict[int, tuple[int, Sign]] = {}
    for shown in visible:
        of_run = palette.series[shown.slot % len(palette.series)] if len(visible) > 1 else ""
        for alike in happenings(view, shown, splits):
            rank, sign, colour = RANK[alike.kind], KINDS[alike.kind][ascii], of_run or _colour(alike.kind, palette)
            for column, x in alike.spaced(seen):
                if rank >= columns.get(column, (-1,))[0]:
                    columns[column] = rank, Sign(x, sign, colour)
    weightiest_last = sorted(columns.values(), key=lambda entry: entry[0])
    return [sign for _, sign in weightiest_last]


def _colour(kind: str, palette: "Palette") -> str:
    """Of a sign where there is one run only; checkpoints are quiet."""
    return "" if kind == "checkpoint" else palette.series[5 if kind in BAD else 4]


def told(view: "View", shown: "Shown") -> list[Happening]:
    """What happened to a run where the cursor stands, the weightiest first."""
    if view.cursor is None:
        return []
    seen = view.seen
    here = seen.share(view.cursor)
    low, high = seen.at(here - NEAR), seen.at(here + NEAR)
    close = [happening for alike in happenings(view, shown, view.splits) for happening in alike.between(low, high)]
    return sorted(close, key=lambda happening: -RANK[happening.kind])
