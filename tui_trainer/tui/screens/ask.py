"""A line to type over the screen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class AskText(ModalScreen[str | None]):
    """Ends with what was typed, or None."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, title: str, words: str, text: str = "") -> None:
        super().__init__()
        self._title, self._words, self._text = title, words, text

    def compose(self) -> ComposeResult:
        """A title, the line, what it wants."""
        with Vertical(classes="dialog -wide"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield Input(self._text, placeholder=self._words, compact=True)
            yield Static("Enter takes it, Esc goes back", classes="dialog-hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        self.dismiss(event.value.strip())
