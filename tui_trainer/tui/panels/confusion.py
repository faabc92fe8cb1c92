"""The confusion matrix: which label was predicted as what, as counts or as shares of the label."""

from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message

from engines.interface import Array
from tui_trainer.tui.blocks import Block, block, stack, words
from tui_trainer.tui.panels.drawn import DrawnPanel
from tui_trainer.tui.pictures import Ink, Line, shade

GUTTER = 8  # columns for the labels
WIDEST, NARROWEST = 9, 4  # columns of a cell


class ConfusionPanel(DrawnPanel, can_focus=True):
    """A cursor walks over the cells; Enter or a click opens the digits of one."""

    BINDINGS: ClassVar = [
        Binding("left", "move(0, -1)", show=False),
        Binding("right", "move(0, 1)", show=False),
        Binding("up", "move(-1, 0)", show=False),
        Binding("down", "move(1, 0)", show=False),
        Binding("enter", "open", show=False),
    ]
    hint = "arrows move over the cells, Enter or a click opens the digits of one"

    class Opened(Message):
        """The user wants to see the digits of a cell."""

        def __init__(self, label: int, prediction: int) -> None:
            super().__init__()
            self.label, self.prediction = label, prediction

    def __init__(self) -> None:
        super().__init__(id="confusion")
        self.matrix: Array | None = None  # (classes, classes)
        self.shares = False
        self.cursor = (0, 0)
        self._cell = WIDEST
        self._tall = 1  # lines a row
        self._first = (0, 0)  # the cell in the upper left corner, where not all fit

    def show(self, matrix: Array | None) -> None:
        """Draw this one; the cursor begins at the worst confusion."""
        if matrix is not None and (self.matrix is None or self.matrix.shape != matrix.shape):
            wrong = matrix * (1 - np.eye(len(matrix), dtype=matrix.dtype))
            row, column = divmod(int(wrong.argmax()), len(matrix))
            self.cursor = (row, column)
        self.matrix = matrix
        self.redraw()

    def turn_shares(self) -> None:
        """Counts or shares."""
        self.shares = not self.shares
        self.redraw()

    def action_move(self, down: int, right: int) -> None:
        """To another cell."""
        if self.matrix is not None:
            last = len(self.matrix) - 1
            self.cursor = (min(last, max(0, self.cursor[0] + down)), min(last, max(0, self.cursor[1] + right)))
            self.redraw()

    def action_open(self) -> None:
        """The digits of this cell."""
        if self.matrix is not None:
            self.post_message(self.Opened(*self.cursor))

    def on_click(self, event: events.Click) -> None:
        """The digits of the cell that was clicked."""
        row, column = (event.y - 2) // self._tall, (event.x - GUTTER) // self._cell
        row, column = row + self._first[0], column + self._first[1]
        if self.matrix is not None and 0 <= row < len(self.matrix) and 0 <= column < len(self.matrix):
            self.cursor = (row, column)
            self.redraw()
            self.action_open()

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """A head, a line for each label, and in words what stands under the cursor."""
        if self.matrix is None:
            return words("")
        classes = len(self.matrix)
        self._cell = max(NARROWEST, min(WIDEST, (width - GUTTER - 9) // classes))
        self._tall = 3 if height >= 3 * classes + 5 else 2 if height >= 2 * classes + 5 else 1
        rows = self._window(0, (height - 5) // self._tall)
        columns = self._window(1, (width - GUTTER - 9) // self._cell)
        self._first = (rows.start, columns.start)
        lines = [self._head(columns, ink)]
        for label in rows:
            lines += self._row(label, columns, ink)
        quiet = ink.style("quiet")
        title = f" label ↓   predicted →   {'per cent of the label' if self.shares else 'examples'}"
        return stack([words(title, quiet), block(lines), words(""), words(self._sentence(), ink.style("text"))])

    def _window(self, axis: int, most: int) -> range:
        """The cells along an axis that are shown, the cursor among them."""
        assert self.matrix is not None
        most = max(1, min(most, len(self.matrix)))
        first = min(max(0, self.cursor[axis] - most + 1), len(self.matrix) - most)
        first = min(
            max(first, self._first[axis] if self._first[axis] <= self.cursor[axis] else 0), len(self.matrix) - most
        )
        return range(first, first + most)

    def _head(self, columns: range, ink: Ink) -> Line:
        bold, plain = ink.style("primary", bold=True), ink.style("quiet")
        cells = [Segment(f"{c}".center(self._cell), bold if c == self.cursor[1] else plain) for c in columns]
        return [Segment(" " * GUTTER), *cells, Segment("   right", plain)]

    def _row(self, label: int, columns: range, ink: Ink) -> list[Line]:
        assert self.matrix is not None
        total = max(1, int(self.matrix[label].sum()))
        bold, plain = ink.style("primary", bold=True), ink.style("quiet")
        lines: list[Line] = []
        for number in range(self._tall):
            middle = number == self._tall // 2
            name = f"{label}".rjust(GUTTER - 2) + "  " if middle else " " * GUTTER
            line = [Segment(name, bold if label == self.cursor[0] else plain)]
            line += [self._one(label, column, total, middle, ink) for column in columns]
            if middle:
                line.append(Segment(f"{self.matrix[label, label] / total:8.1%}", ink.style("text")))
            lines.append(line)
        return lines

    def _one(self, label: int, column: int, total: int, middle: bool, ink: Ink) -> Segment:
        assert self.matrix is not None
        count = int(self.matrix[label, column])
        share = count / total
        text = "" if not middle else (f"{share:.1%}"[:-1] if self.shares else f"{count}") if count else "·"
        chosen = self.cursor == (label, column)
        text = f"[{text}]" if chosen and middle else text
        # Few confusions are the rule: the root makes a share of 1 % visible.
        value = (share if label == column else -min(1.0, 2 * share)) or 0.0
        value = (abs(value) ** 0.5) * (1 if value > 0 else -1)
        return Segment(text.center(self._cell), _cell_style(value, chosen, ink))

    def _sentence(self) -> str:
        assert self.matrix is not None
        label, prediction = self.cursor
        count, total = int(self.matrix[label, prediction]), int(self.matrix[label].sum())
        share = f" ({count / total:.1%})" if total else ""
        said = "rightly predicted" if label == prediction else f"predicted as {prediction}"
        return f" {count:,} of {total:,} examples of {label} are {said}{share}"


def _cell_style(value: float, chosen: bool, ink: Ink) -> Style:
    if not ink.paper:
        return Style(bold=chosen or None, reverse=chosen or None)
    if chosen:
        return Style(color=ink.paper, bgcolor=ink.primary, bold=True)
    right = value > 0
    ground = shade(0.62 * abs(value), Ink(ink.paper, ink.good if right else ink.bad, *("",) * 7, ink.ascii))
    return Style(color=ink.text if value else ink.quiet, bgcolor=ground, bold=(abs(value) > 0.3) or None)
