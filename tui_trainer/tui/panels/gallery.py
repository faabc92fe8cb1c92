"""Digits to look at: one with its probabilities, and its neighbours; or a page of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import Binding

from engines.interface import Array
from tui_trainer.drawing import resampled
from tui_trainer.tui.blocks import Block, beside, block, grid, indented, stack, words
from tui_trainer.tui.panels.drawn import DrawnPanel
from tui_trainer.tui.pictures import Ink, Line, picture

THUMB = 14  # pixels along the longer side
GAP = 2


@dataclass(frozen=True)
class Digits:
    """Examples in the order in which they are stepped through."""

    images: Array  # (examples, rows, columns), any range
    labels: Array  # (examples,)
    certainties: Array  # (examples, classes)
    indices: Array  # (examples,): their places in the validation split
    title: str

    def __len__(self) -> int:
        return len(self.labels)


def bars(certainties: Sequence[float], width: int, ink: Ink, full: str, right: int | None = None) -> Block:
    """A line for each class: its name, a bar, the probability; the largest stands out."""
    best = int(np.argmax(certainties))
    return block([_bar(i, p, width, ink, full, best, right) for i, p in enumerate(certainties)], width)


def _bar(index: int, share: float, width: int, ink: Ink, full: str, best: int, right: int | None) -> Line:
    name = f"{index:>2} "
    room = max(1, width - len(name) - 8)
    length = round(min(1.0, max(0.0, share)) * room)
    colour = "good" if index == right else "bad" if index == best and right is not None else "primary"
    colour = colour if index in (best, right) else "quiet"
    bold = index in (best, right)
    value = f" {share:6.1%}"
    return [
        Segment(name, ink.style("text", bold)),
        Segment(full * length + " " * (room - length), ink.style(colour)),
        Segment(value, ink.style(colour if bold else "quiet", bold)),
    ]


class GalleryPanel(DrawnPanel, can_focus=True):
    """Arrows step through the digits; z shows one or many."""

    BINDINGS: ClassVar = [
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("up", "row(-1)", show=False),
        Binding("down", "row(1)", show=False),
        Binding("pageup", "turn(-1)", show=False),
        Binding("pagedown", "turn(1)", show=False),
        Binding("home", "go(0)", show=False),
        Binding("end", "go(-1)", show=False),
        Binding("enter", "screen.zoom", show=False),
    ]
    hint = "← → step from digit to digit, z shows one or many"

    def __init__(self) -> None:
        super().__init__(id="gallery")
        self.digits: Digits | None = None
        self.at = 0
        self.many = False
        self._across, self._page = 1, 1
        self._places: list[tuple[int, int, int, int, int]] = []  # x, y, width, height, index

    def show(self, digits: Digits | None, keep: bool = False) -> None:
        """These digits, from their first; or from the same place when they are the same question anew."""
        self.digits = digits
        self.at = min(self.at, max(0, len(digits) - 1)) if keep and digits else 0
        self.redraw()

    def zoom(self) -> None:
        """One or many."""
        self.many = not self.many
        self.redraw()

    def action_step(self, by: int) -> None:
        """To another digit."""
        if self.digits is not None and len(self.digits):
            self.at = max(0, min(len(self.digits) - 1, self.at + by))
            self.redraw()

    def action_row(self, by: int) -> None:
        """Up or down a row of the page."""
        self.action_step(by * (self._across if self.many else 1))

    def action_turn(self, by: int) -> None:
        """A page on or back."""
        self.action_step(by * max(1, self._page))

    def action_go(self, to: int) -> None:
        """To the first or the last."""
        self.action_step(len(self.digits or ()) * (1 if to else -1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next one."""
        self.action_step(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The one before."""
        self.action_step(-1)

    def on_click(self, event: events.Click) -> None:
        """Look at the digit that was clicked."""
        for x, y, width, height, index in self._places:
            if x <= event.x < x + width and y <= event.y < y + height:
                self.at = index
                self.many = False
                self.redraw()

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """A title, and one digit or many."""
        self._places = []
        if self.digits is None:
            return words("")
        title = words(f" {self.digits.title}", ink.style("quiet"), width)
        if not len(self.digits):
            return stack([title, words(""), words(" There are none.", ink.style("text"))])
        body = self._many(width, height - 1, ink) if self.many else self._one(width, height - 1, ink)
        return stack([title, body])

    # -- one -----------------------------------------------------------------

    def _one(self, width: int, height: int, ink: Ink) -> Block:
        assert self.digits is not None
        rows, columns = self.digits.images.shape[1:]
        factor = min(1.0, 2 * (height - 1) / rows, (width - 24) / columns)
        seen = self._picture(self.at, max(2, int(rows * factor)), max(2, int(columns * factor)), ink)
        side = max(18, min(46, width - seen.width - 4))
        part = indented(beside([seen, stack([self._about(ink), words(""), self._bars(side, ink)])], 3), 1)
        left = height - part.height - 1
        if left < THUMB // 2 + 1:
            self._page = 1
            return part
        strip = self._thumbs(width, left, ink, top=part.height + 2)
        return stack([part, words(""), strip])

    def _about(self, ink: Ink) -> Block:
        assert self.digits is not None
        digits, at = self.digits, self.at
        label, said = int(digits.labels[at]), int(digits.certainties[at].argmax())
        verdict: Line = [
            Segment("label ", ink.style("quiet")),
            Segment(f"{label}", ink.style("good", bold=True)),
            Segment("   predicted ", ink.style("quiet")),
            Segment(f"{said}", ink.style("good" if said == label else "bad", bold=True)),
        ]
        place = f"{at + 1:,} of {len(digits):,}, validation example {int(digits.indices[at]):,}"
        return block([[Segment(place, ink.style("quiet"))], verdict])

    def _bars(self, width: int, ink: Ink) -> Block:
        assert self.digits is not None
        certainties = self.digits.certainties[self.at].tolist()
        full = self.trainer_app.marks.full
        return bars(certainties, width, ink, full, int(self.digits.labels[self.at]))

    # -- many ----------------------------------------------------------------

    def _many(self, width: int, height: int, ink: Ink) -> Block:
        """A page of them, larger where they are few."""
        assert self.digits is not None
        full = max(self.digits.images.shape[1:])
        sizes = [*range(full, THUMB, -1), THUMB]
        fitting = next((size for size in sizes if self._fitting(width, height, size)[1] >= len(self.digits)), THUMB)
        return self._thumbs(width, height, ink, top=1, size=fitting)

    def _fitting(self, width: int, height: int, size: int) -> tuple[int, int]:
        """How many pictures of a size fit across, and on a page."""
        rows, columns = self._thumb_size(size)
        across = max(1, (width - 1 + GAP) // (columns + GAP))
        return across, across * max(1, height // (-(-rows // 2) + 1))

    def _thumbs(self, width: int, height: int, ink: Ink, top: int, size: int = THUMB) -> Block:
        """A page of small pictures, the one at the cursor among them."""
        assert self.digits is not None
        rows, columns = self._thumb_size(size)
        tall = -(-rows // 2) + 1
        self._across, self._page = self._fitting(width, height, size)
        first = self.at // self._page * self._page
        chosen = range(first, min(first + self._page, len(self.digits)))
        for place, index in enumerate(chosen):
            x, y = place % self._across * (columns + GAP) + 1, place // self._across * tall + top
            self._places.append((x, y, columns, tall, index))
        return indented(grid([self._thumb(index, rows, columns, ink) for index in chosen], self._across, GAP))

    def _thumb_size(self, size: int) -> tuple[int, int]:
        assert self.digits is not None
        rows, columns = self.digits.images.shape[1:]
        factor = min(1.0, size / max(rows, columns))
        return max(1, round(rows * factor)), max(1, round(columns * factor))

    def _thumb(self, index: int, rows: int, columns: int, ink: Ink) -> Block:
        assert self.digits is not None
        label, said = int(self.digits.labels[index]), int(self.digits.certainties[index].argmax())
        arrow = ">" if ink.ascii else "→"
        text = f"{label}{arrow}{said} {self.digits.certainties[index].max():.0%}"
        here = index == self.at
        style = ink.style("primary" if here else "quiet", bold=here)
        return stack(
            [words((f"[{text}]" if here else f" {text}"), style, columns), self._picture(index, rows, columns, ink)]
        )

    def _picture(self, index: int, rows: int, columns: int, ink: Ink) -> Block:
        assert self.digits is not None
        image = self.digits.images[index] / max(1.0, float(self.digits.images[index].max()))
        return block(picture(resampled(image, rows, columns), ink), columns)
