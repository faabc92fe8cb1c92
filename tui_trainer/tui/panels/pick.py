"""A list over the screen, to pick one thing from, with a line about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
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

NARROWEST = 20  # columns that words beside a name want
AROUND, MARGINS = 5, 2  # lines of a dialog besides its title and its list: border, margins, hint; the margins alone
LOW = 20  # lines of a window that has none to spare


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
        """A title and the list; in a narrow window, what is said of each stands under it, or gives way."""
        room = self.app.size.width * 9 // 10 - 6
        names = max(len(option.name) for option in self._options)
        beside = room - names - 2 >= NARROWEST
        title = wrap(self._title, room)
        self._around = len(title) + AROUND
        with Vertical(classes="dialog"):
            yield Static("\n".join(title), classes="dialog-title", markup=False)
            under = room if self.app.size.height >= LOW else 0
            write = partial(_beside, names, min(76, room - names - 2)) if beside else partial(_under, under)
            rows = [Row(write(option), id=f"option-{i}") for i, option in enumerate(self._options)]
            yield OptionList(*rows, markup=False)
            yield Static("Enter takes it, Esc goes back", classes="dialog-hint", markup=False)

    def on_resize(self) -> None:
        """The list scrolls where the window is low, and has no empty lines around it."""
        height = self.app.size.height
        self.query_one(".dialog").set_class(height < LOW, "-low")
        around = self._around - MARGINS if height < LOW else self._around
        self.query_one(OptionList).styles.max_height = max(3, height * 9 // 10 - around)

    def on_mount(self) -> None:
        """Begin at what is chosen now."""
        names = [option.name for option in self._options]
        self.query_one(OptionList).highlighted = names.index(self._picked) if self._picked in names else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        self.dismiss(self._options[event.option_index].name)


def _beside(column: int, room: int, option: Option) -> Content:
    """A name, and beside it what is said of it."""
    lines = wrap(printable(option.words), room) or [""]
    words = "\n".join([f"  {lines[0]}", *(f"{'':<{column}}  {line}" for line in lines[1:])]) if option.words else ""
    return Content.assemble((printable(option.name).ljust(column), "bold"), (words, "$secondary"))


def _under(room: int, option: Option) -> Content:
    """A name, and under it, if there is room, what is said of it."""
    words = "".join(f"\n  {line}" for line in wrap(printable(option.words), room - 2)) if room else ""
    return Content.assemble((printable(option.name), "bold"), (words, "$secondary"))
