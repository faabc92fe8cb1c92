"""A line to type over the screen."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui_trainer.text import printable


class AskText(ModalScreen[str | None]):
    """Ends with what was typed, once `problem` has nothing to say against it; or with None."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Back")]
    CSS = "AskText .-wrong { color: $error; }"

    def __init__(self, title: str, words: str, text: str = "", problem: Callable[[str], str] = lambda _: "") -> None:
        super().__init__()
        self._title, self._words, self._text, self._problem = title, words, text, problem

    def compose(self) -> ComposeResult:
        """A title, the line, what it wants."""
        with Vertical(classes="dialog -wide"):
            yield Static(printable(self._title), classes="dialog-title", markup=False)
            yield Input(self._text, placeholder=self._words, compact=True)
            yield Static("Enter takes it, Esc goes back", classes="dialog-hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it, or say why not."""
        text = event.value.strip()
        if problem := self._problem(text):
            hint = self.query_one(".dialog-hint", Static)
            hint.update(printable(problem))
            hint.add_class("-wrong")
        else:
            self.dismiss(text)
