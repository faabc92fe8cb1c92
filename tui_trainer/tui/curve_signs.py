"""The signs at the foot of a plot: what happened to a run, and where a value was not finite."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_trainer.text import printable

if TYPE_CHECKING:
    from tui_trainer.tui.curve_view import View
    from tui_trainer.tui.overlay import Shown
    from tui_trainer.tui.plot import Sign
    from tui_trainer.tui.themes import Palette

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


def happenings(view: "View", shown: "Shown", splits: tuple[str, ...]) -> Iterator[Happening]:
    """All that is marked on a run, by the user's choice of signs; checkpoints, being many, of the chosen run only."""
    if view.signs == 0:
        return
    checkpoints = view.signs == 2 and (shown is view.chosen or len(view.overlay.visible) == 1)
    for mark in shown.history.marks:
        if mark.kind in KINDS and (checkpoints or mark.kind != "checkpoint"):
            yield Happening(view.axis.place(shown.history, mark.epoch), mark.kind, printable(mark.text))
    for split in splits:
        track = view.track(shown, split)
        for place in track.bad:
            yield Happening(track.xs[place], "gap", why_not(view, shown, split, track.raw[place]))


def why_not(view: "View", shown: "Shown", split: str, value: float) -> str:
    """Why a value cannot be drawn."""
    what = f"{split} {view.measure.name}".strip()
    word = "NaN" if math.isnan(value) else "infinite"
    history = shown.history
    because = f": {history.reason}" if history.status == "diverged" and history.reason else ""
    return printable(f"{what} is {word}{because}")


def signs(view: "View", splits: tuple[str, ...], ascii: bool, palette: "Palette") -> "list[Sign]":
    """The signs of all visible runs, one for each column, the weightiest; several runs are told apart by colour."""
    from tui_trainer.tui.plot import Sign

    seen, visible = view.seen, view.overlay.visible
    columns: dict[int, tuple[int, Happening, str]] = {}
    for shown in visible:
        of_run = palette.series[shown.slot % len(palette.series)] if len(visible) > 1 else ""
        for happening in happenings(view, shown, splits):
            column, rank = round(seen.share(happening.x) * COLUMNS), RANK[happening.kind]
            if 0 <= column <= COLUMNS and rank >= columns.get(column, (-1,))[0]:
                columns[column] = rank, happening, of_run or _colour(happening.kind, palette)
    weightiest_last = sorted(columns.values(), key=lambda entry: entry[0])
    return [Sign(h.x, KINDS[h.kind][ascii], colour) for _, h, colour in weightiest_last]


def _colour(kind: str, palette: "Palette") -> str:
    """Of a sign where there is one run only; checkpoints are quiet."""
    return "" if kind == "checkpoint" else palette.series[5 if kind in BAD else 4]


def told(view: "View", shown: "Shown") -> list[Happening]:
    """What happened to a run where the cursor stands, the weightiest first."""
    if view.cursor is None:
        return []
    seen = view.seen
    here = seen.share(view.cursor)
    close = [h for h in happenings(view, shown, view.splits) if abs(seen.share(h.x) - here) <= NEAR]
    return sorted(close, key=lambda happening: -RANK[happening.kind])
