"""The table of all runs: only the lines that are seen are made, however many there are."""

from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_trainer.store import Overview
from tui_trainer.text import printable
from tui_trainer.tui.panels.clickable import ClickableWidget, clickable
from tui_trainer.tui.run_columns import NAME, STATE, Column, fitting
from tui_trainer.tui.run_list import RunList
from tui_trainer.tui.wording import short

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp

EDGE = 5  # columns before the first: where the cursor stands, what is marked, what is alive
LOOKS = {
    "training": "good",
    "paused": "fair",
    "loading": "fair",
    "starting": "fair",
    "diverged": "bad",
    "failed": "bad",
}


class RunHeadings(ClickableWidget):
    """The names of the columns; a click sorts by one."""

    def __init__(self, runs: RunList) -> None:
        super().__init__(id="headings")
        self._runs = runs

    def render(self) -> Content:
        """One line."""
        parts = [Content(" " * EDGE)]
        for column, width in fitting(self.size.width - EDGE - 1):
            sorted_by = self._runs.key is column.key
            arrow = self._arrow() if sorted_by else ""
            text = f"{column.name}{arrow}"
            text = text.rjust(width) if column.right else text.ljust(width)
            style = "bold $foreground" if sorted_by else "$quiet"
            parts.append(clickable(text, f"screen.sort_by('{column.name}')", style))
        return Content.assemble(*parts)

    def _arrow(self) -> str:
        ascii = cast("TrainerApp", self.app).marks.ascii
        return ("v" if ascii else "▾") if self._runs.falling else ("^" if ascii else "▴")


class RunTable(ScrollView, can_focus=True):
    """A line for each run that passes the filter; a cursor on one of them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"run--{name}" for name in ("cursor", "good", "fair", "bad", "quiet")}
    BINDINGS: ClassVar = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "go(0)", show=False),
        Binding("end", "go(-1)", show=False),
        Binding("enter", "screen.do('open')", show=False),
    ]
    DEFAULT_CSS = """
    RunTable { height: 1fr; background: $background; overflow-x: hidden; }
    RunTable > .run--cursor { background: $panel; text-style: bold; }
    RunTable > .run--good { color: $success; }
    RunTable > .run--fair { color: $warning; }
    RunTable > .run--bad { color: $error; }
    RunTable > .run--quiet { color: $quiet; }
    """

    class Moved(Message):
        """The cursor stands on another run."""

    def __init__(self, runs: RunList) -> None:
        super().__init__(id="runs")
        self._runs = runs
        self.names: list[str] = []
        self.at = 0
        self._drawn: object = None  # what stood there when it was drawn last

    # -- which runs ----------------------------------------------------------

    @property
    def name_at(self) -> str | None:
        """The run under the cursor."""
        return self.names[self.at] if 0 <= self.at < len(self.names) else None

    @property
    def hint(self) -> str:
        """What is known of the run under the cursor."""
        name = self.name_at
        if name is None:
            return "there is no run here yet: start one on Train"
        row = self._runs.rows.get(name)
        if row is None:
            return self._runs.broken.get(name, f"{name}: not read yet")
        parent = f", forked from {row.parent}" if row.parent else ""
        title = f" {row.title!r}" if row.title else ""
        return f"{name}{title}: {row.network}, seed {row.seed}{parent}"

    @property
    def seen(self) -> list[str]:
        """The runs on the screen now."""
        first = self.scroll_offset.y
        return self.names[first : first + max(1, self.size.height)]

    def show(self) -> None:
        """Other runs, or others than before; the cursor stays on its run where that is still there."""
        name = self.name_at
        self.names = self._runs.order()
        if name is not None and self.name_at != name:
            places = {name: place for place, name in enumerate(self.names)}
            self.at = places.get(name, min(self.at, max(0, len(self.names) - 1)))
            self._follow()
        self.virtual_size = Size(self.size.width, len(self.names))
        self._draw_if_other()
        self.post_message(self.Moved())

    def _draw_if_other(self) -> None:
        """Draw, unless all that is seen is as it was: ten thousand rows come in while a few are looked at."""
        runs, seen = self._runs, self.seen
        drawn = [(name, runs.rows.get(name), name in runs.broken, name in runs.marked) for name in seen]
        state = (drawn, self.at, self.scroll_offset.y, runs.scanned, bool(runs.names))
        if state != self._drawn:
            self._drawn = state
            self.refresh()

    # -- lines ---------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One run."""
        place = y + self.scroll_offset.y
        width = self.size.width
        base = self.rich_style
        if place >= len(self.names):
            words = self._nothing() if y == 1 and not self.names else ""
            return Strip([Segment(f"{'':<{EDGE}}{words}", base)]).adjust_cell_length(width, base)
        here = place == self.at
        style = base + self.get_component_rich_style("run--cursor", partial=True) if here else base
        parts = self._line(self.names[place], here)
        strip = Strip([Segment(text, style + self._look(look)) for text, look in parts])
        return strip.adjust_cell_length(width, style)

    def _nothing(self) -> str:
        runs = self._runs
        if runs.names:
            return "no run has all of these words: Esc shows all runs"
        return "no runs yet: 1 opens Train, where one is started" if runs.scanned else "looking for runs"

    def _look(self, look: str) -> Style:
        return self.get_component_rich_style(f"run--{look}", partial=True) if look else Style()

    @property
    def columns(self) -> list[tuple[Column, int]]:
        """The columns that are shown, with their widths."""
        return fitting(self.size.width - EDGE - 1)

    def _line(self, name: str, here: bool) -> list[tuple[str, str]]:
        runs, marks = self._runs, cast("TrainerApp", self.app).marks
        mark = ("*" if marks.ascii else "✓") if name in runs.marked else " "
        row = runs.rows.get(name)
        dot = marks.dot if row is not None and row.alive else " "
        edge = [(f" {marks.right if here else ' '}{mark}", ""), (f"{dot} ", "good")]
        if row is None:
            word, look = ("unreadable", "bad") if name in runs.broken else ("", "quiet")
            return [*edge, (word.ljust(STATE.width), look), (printable(name), "quiet")]
        return [*edge, *(self._cell(row, column, room) for column, room in self.columns)]

    def _cell(self, row: Overview, column: Column, room: int) -> tuple[str, str]:
        if column is NAME:  # may hold wide characters
            name = printable(row.title) if row.title else short(row.id, room - 1)
            return set_cell_size(name, room - 1) + " ", ""
        if column is STATE:
            return printable(row.state, room - 1).ljust(room), LOOKS.get(row.state, "quiet")
        return column.cell(row), ""

    # -- the cursor ----------------------------------------------------------

    def move_to(self, place: int) -> None:
        """Put the cursor on a line, and bring it into sight."""
        at = max(0, min(place, len(self.names) - 1))
        if at != self.at:
            self.at = at
            self._follow()
            self.refresh()
            self.post_message(self.Moved())

    def _follow(self) -> None:
        self.scroll_to_region(Region(0, self.at, 1, 1), animate=False, force=True)

    def action_move(self, by: int) -> None:
        """Some lines up or down."""
        self.move_to(self.at + by)

    def action_page(self, by: int) -> None:
        """A page up or down."""
        self.move_to(self.at + by * max(1, self.size.height - 1))

    def action_go(self, place: int) -> None:
        """The first line, or (-1) the last."""
        self.move_to(place if place >= 0 else len(self.names) - 1)

    async def on_click(self, event: events.Click) -> None:
        """Choose a run; twice opens it."""
        place = event.y + self.scroll_offset.y
        if place < len(self.names):
            self.move_to(place)
            if event.chain == 2:
                await self.run_action("screen.do('open')")
