"""A list over the screen, to pick one thing from, with a line about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option as Row

from tui_trainer.text import printable


@dataclass(frozen=True)
class Option:
    """One thing to pick, and a line about it."""

    name: str
    words: str = ""


class PickOne(ModalScreen[str | None]):
    """Ends with the name that was picked, or None."""

    BINDINGS: ClassVar = [Binding("escape,q", "dismiss(None)", "Back")]

    def __init__(self, title: str, options: Sequence[Option], picked: str = "") -> None:
        super().__init__()
        self._title, self._options, self._picked = title, list(options), picked

    def compose(self) -> ComposeResult:
        """A title and the list."""
        width = max(len(option.name) for option in self._options)
        with Vertical(classes="dialog"):
            yield Static(f"{self._title}", classes="dialog-title", markup=False)
            rows = [Row(self._row(option, width), id=f"option-{i}") for i, option in enumerate(self._options)]
            yield OptionList(*rows, markup=False)
            yield Static("Enter takes it, Esc goes back", classes="dialog-hint", markup=False)

    def _row(self, option: Option, width: int) -> Content:
        lines = wrap(printable(option.words), max(20, min(76, self.app.size.width * 9 // 10 - 8 - width))) or [""]
        rest = [f"{'':<{width}}  {line}" for line in lines[1:]]
        words = "\n".join([f"  {lines[0]}", *rest]) if option.words else ""
        return Content.assemble((printable(option.name).ljust(width), "bold"), (words, "$secondary"))

    def on_mount(self) -> None:
        """Begin at what is chosen now."""
        names = [option.name for option in self._options]
        self.query_one(OptionList).highlighted = names.index(self._picked) if self._picked in names else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        self.dismiss(self._options[event.option_index].name)
