"""The scrubber: the curve of a run in a line or two, and under it the saved checkpoints to choose from."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message

from tui_trainer.history import Curve
from tui_trainer.looking import Saved
from tui_trainer.tui.blocks import Block, block
from tui_trainer.tui.panels.drawn import DrawnPanel
from tui_trainer.tui.pictures import Ink, Line

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII_EIGHTHS = "  ..::||#"


class Scrubber(DrawnPanel, can_focus=True):
    """Left and Right, or a click, choose a checkpoint."""

    BINDINGS: ClassVar = [
        Binding("left", "screen.scrub(-1)", show=False),
        Binding("right", "screen.scrub(1)", show=False),
        Binding("home", "screen.scrub(-1000000)", show=False),
        Binding("end", "screen.scrub(1000000)", show=False),
    ]
    hint = "← → go over the saved checkpoints; keep every 1 (Train, m) keeps them all"

    class Chosen(Message):
        """The user pointed at a checkpoint."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__(id="scrubber")
        self.saved: Sequence[Saved] = ()
        self.at = -1
        self.curve = Curve()
        self.last = 1.0  # epochs: the right end
        self.head = ""

    def show(self, saved: Sequence[Saved], at: int, curve: Curve, last: float, head: str) -> None:
        """Draw this."""
        self.saved, self.at, self.curve, self.last, self.head = saved, at, curve, max(last, 1e-9), head
        self.redraw()

    def _column(self, epoch: float, width: int) -> int:
        return min(width - 1, round(epoch / self.last * (width - 1)))

    def on_click(self, event: events.Click) -> None:
        """The checkpoint nearest to the click."""
        width = self.size.width - 2
        if self.saved and width > 0:
            far = [abs(self._column(saved.epoch, width) - (event.x - 1)) for saved in self.saved]
            self.post_message(self.Chosen(far.index(min(far))))

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """A line of words, the curve, the checkpoints."""
        room = max(1, width - 2)
        lines: list[Line] = [[Segment(f" {self.head}", ink.style("text", bold=True))]]
        lines += self._curve(room, max(0, height - 2), ink)
        lines.append(self._marks(room, ink))
        return block(lines, width)

    def _curve(self, width: int, rows: int, ink: Ink) -> list[Line]:
        heights = _heights(self.curve, width, self.last, rows)
        eighths = _ASCII_EIGHTHS if ink.ascii else _EIGHTHS
        chosen = self._column(self.saved[self.at].epoch, width) if 0 <= self.at < len(self.saved) else -1
        lines: list[Line] = []
        for row in range(rows):
            below = (rows - 1 - row) * 8
            text = "".join(eighths[max(0, min(8, h - below))] for h in heights)
            parts = [(text[: max(0, chosen)], "quiet"), (text[max(0, chosen) : chosen + 1], "primary")]
            parts.append((text[chosen + 1 :], "quiet"))
            lines.append([Segment(" "), *(Segment(part, ink.style(colour)) for part, colour in parts)])
        return lines

    def _marks(self, width: int, ink: Ink) -> Line:
        marks = self.trainer_app.marks
        signs = [marks.empty] * width
        for saved in self.saved:
            signs[self._column(saved.epoch, width)] = marks.points[2]
        line: Line = [Segment(" ")]
        chosen = self._column(self.saved[self.at].epoch, width) if 0 <= self.at < len(self.saved) else -1
        for index, sign in enumerate(signs):
            here = index == chosen
            style = ink.style("primary" if here or sign != marks.empty else "quiet", bold=here)
            line.append(Segment(marks.dot if here else sign, style))
        return line


def _heights(curve: Curve, width: int, last: float, rows: int) -> list[int]:
    """Eighths of a line for each column: the curve there, or its largest value where a column holds several epochs."""
    known = [(epoch, value) for epoch, value in zip(curve.epochs, curve.values, strict=True) if value == value]
    if not known or not rows or width < 2:
        return [0] * width
    epochs, values = np.array([epoch for epoch, _ in known]), np.array([value for _, value in known])
    low, high = float(values.min()), float(values.max())
    places = np.linspace(0, last, width)
    seen = np.interp(places, epochs, values, left=np.nan, right=np.nan)
    columns = np.clip(np.round(epochs / last * (width - 1)).astype(int), 0, width - 1)
    np.fmax.at(seen, columns, values)
    eighths = 1 + np.round((seen - low) / ((high - low) or 1.0) * (8 * rows - 1))
    return [0 if value != value else int(value) for value in eighths]
