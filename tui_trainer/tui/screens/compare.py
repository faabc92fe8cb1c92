"""Runs side by side: what differs in how they were made, and then what came out."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from rich.cells import set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_trainer.store import Overview
from tui_trainer.text import printable
from tui_trainer.tui.comparison import Line, results, settings_that_differ, surroundings_that_differ

LABEL, COLUMN = 27, 22


class CompareScreen(ModalScreen[None]):
    """A column for each run."""

    BINDINGS: ClassVar = [Binding("escape,q,enter,c", "dismiss(None)", "Back")]
    CSS = """
    CompareScreen .dialog { width: auto; max-width: 96%; height: auto; max-height: 96%; }
    CompareScreen ScrollableContainer { width: auto; max-width: 100%; height: auto; max-height: 100%; }
    CompareScreen #comparison { width: auto; }
    """

    def __init__(
        self, rows: Sequence[Overview], abouts: Sequence[dict[str, Any]], changes: Sequence[dict[str, float]]
    ) -> None:
        super().__init__()
        self._rows, self._abouts, self._changes = rows, abouts, changes

    def compose(self) -> ComposeResult:
        """The table, scrolled both ways where it is large."""
        with Vertical(classes="dialog"):
            hint = Content.styled("   arrow keys scroll, Esc goes back", "not bold $quiet")
            yield Static(Content(f"{len(self._rows)} runs compared") + hint, classes="dialog-title", markup=False)
            with ScrollableContainer(can_focus=True):
                yield Static(self._table(), markup=False, id="comparison")

    def _table(self) -> Content:
        names = Line("", tuple(row.title or row.id for row in self._rows))
        lines = [self._line(names, "bold $primary"), Content("")]
        lines += self._section(
            "Settings that differ", settings_that_differ(self._abouts, self._changes), "none: they were set alike"
        )
        lines += self._section("Made with", surroundings_that_differ(self._abouts), "")
        lines += self._section("What came out", results(self._rows), "")
        return Content("\n").join(lines)

    def _section(self, title: str, lines: Sequence[Line], otherwise: str) -> list[Content]:
        if not lines and not otherwise:
            return []
        body = [self._line(line) for line in lines] or [Content.styled(f"  {otherwise}", "$quiet")]
        return [Content.styled(title, "bold $accent"), *body, Content("")]

    def _line(self, line: Line, style: str = "") -> Content:
        parts = [Content.styled(f"  {line.name}".ljust(LABEL), "$quiet")]
        star = "*" if cast("Any", self.app).marks.ascii else "★"
        for place, value in enumerate(line.values):
            mark = f" {star}" if place in line.best else ""
            text = set_cell_size(printable(value, 200), COLUMN - 2 - len(mark)) if len(value) > COLUMN - 4 else value
            look = "bold $success" if mark else style or "$foreground"
            parts.append(Content.styled(set_cell_size(printable(text) + mark, COLUMN), look))
        return Content.assemble(*parts)
