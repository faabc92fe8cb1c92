"""The paper to draw on: with the mouse, or with a pen that the keys move."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message

from tui_trainer.drawing import FRAME, Paper, Point, resampled
from tui_trainer.tui.blocks import Block, block
from tui_trainer.tui.panels.drawn import DrawnPanel
from tui_trainer.tui.pictures import Ink, Line, picture

STEP = 1 / FRAME  # how far a key moves the pen
WIDTHS = (0.05, 0.065, 0.08, 0.1, 0.125, 0.16)


class Canvas(DrawnPanel, can_focus=True):
    """A square of half-blocks. Space puts the pen down or lifts it; while it is down, moving draws."""

    BINDINGS: ClassVar = [
        Binding("left", "move(-1, 0)", show=False),
        Binding("right", "move(1, 0)", show=False),
        Binding("up", "move(0, -1)", show=False),
        Binding("down", "move(0, 1)", show=False),
        Binding("home", "move(-1, -1)", show=False),
        Binding("pageup", "move(1, -1)", show=False),
        Binding("end", "move(-1, 1)", show=False),
        Binding("pagedown", "move(1, 1)", show=False),
        Binding("space,enter", "pen", show=False),
    ]
    hint = "draw with the mouse, or: arrows move the pen, Space puts it down and lifts it"

    class Drawn(Message):
        """There is other ink on the paper."""

    def __init__(self) -> None:
        super().__init__(id="canvas")
        self.paper = Paper()
        self.pen: Point = (0.5, 0.25)
        self.down = False
        self.width = WIDTHS[2]
        self._dragging = False

    @property
    def side(self) -> int:
        """Columns, and half-rows, of the square."""
        return max(2, min(self.size.width, 2 * self.size.height))

    def changed(self) -> None:
        """Draw the paper, and say so."""
        self.redraw()
        self.post_message(self.Drawn())

    # -- keys ----------------------------------------------------------------

    def action_move(self, right: int, down: int) -> None:
        """Move the pen; draw where it is down."""
        x, y = self.pen
        self.pen = (min(1.0, max(0.0, x + right * STEP)), min(1.0, max(0.0, y + down * STEP)))
        if self.down:
            self.paper.draw_to(self.pen)
            self.changed()
        else:
            self.redraw()

    def action_pen(self) -> None:
        """Put the pen down, or lift it."""
        self.down = not self.down
        if self.down:
            self.paper.begin(self.pen, self.width)
            self.changed()
        else:
            self.redraw()

    def lift(self) -> None:
        """The pen is up, whatever it was."""
        self.down = self._dragging = False

    def change_width(self, by: int) -> None:
        """A thinner or a thicker pen, for the next stroke."""
        self.width = WIDTHS[max(0, min(len(WIDTHS) - 1, WIDTHS.index(self.width) + by))]
        self.redraw()

    # -- mouse ---------------------------------------------------------------

    def _point(self, event: events.MouseEvent) -> Point:
        """Where the mouse points: the middle of its cell, unless the terminal knows it better."""
        x, y = event.pointer_x, event.pointer_y
        x, y = x + 0.5 * (x == int(x)), y + 0.5 * (y == int(y))
        return (min(1.0, max(0.0, x / self.side)), min(1.0, max(0.0, 2 * y / self.side)))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin a stroke."""
        if event.x < self.side:
            self.lift()
            self._dragging = True
            self.capture_mouse()
            self.pen = self._point(event)
            self.paper.begin(self.pen, self.width)
            self.changed()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go on with it."""
        if self._dragging:
            self.pen = self._point(event)
            self.paper.draw_to(self.pen)
            self.changed()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End it."""
        self._dragging = False
        self.release_mouse()

    # -- showing -------------------------------------------------------------

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """The ink, the pen in it."""
        side = self.side // 2 * 2
        lines = picture(resampled(self.paper.ink, side, side), ink)
        lines = lines if ink.paper and not ink.ascii else [_framed(line, ink) for line in lines]
        column, row = (min(side - 1, int(part * side)) for part in self.pen)
        lines[row // 2] = _with_pen(lines[row // 2], column, self.down, ink)
        return block(lines, side)


def _framed(line: Line, ink: Ink) -> Line:
    """Dots for paper, where the terminal has no colour to show it."""
    dot = "." if ink.ascii else "·"
    return [Segment(segment.text.replace(" ", dot), segment.style) for segment in line]


def _with_pen(line: Line, column: int, down: bool, ink: Ink) -> Line:
    """The line with the pen's sign at a column."""
    before, _, after = Segment.divide(line, [column, column + 1, sum(len(s.text) for s in line)])
    style = Style(reverse=True)
    if ink.paper:
        style = Style(color=ink.paper, bgcolor=ink.bad if down else ink.primary, bold=True)
    sign = ("*" if down else "+") if ink.ascii else ("●" if down else "+")
    return [*before, Segment(sign, style), *after]
