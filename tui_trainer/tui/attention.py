"""Calls a person back to the terminal: at the end of a run, when it diverges, when the doctor finds something."""

from typing import TYPE_CHECKING

from tui_trainer.text import printable

if TYPE_CHECKING:
    from tui_trainer.history import History

LONGEST = 120  # characters of a desktop notification


class Attention:
    """Remembers what was said of a run, so that each thing calls once."""

    def __init__(self) -> None:
        self._history: History | None = None
        self._findings: set[str] = set()
        self._ended = False

    def news(self, history: "History | None") -> str | None:
        """What is worth a call since the last look, in a line; a run that is opened is no news."""
        before, ended = self._findings, self._ended
        self._findings, self._ended = (set(history.findings), history.ended) if history else (set(), False)
        if history is None or history is not self._history:
            self._history = history
            return None
        if self._ended and not ended:
            return printable(f"the run is over: {history.status} {history.reason}".strip(), LONGEST)
        found = [history.findings[rule].why for rule in history.findings if rule not in before]
        return printable(found[0], LONGEST) if found else None


def notification(words: str) -> str:
    """The control sequence (OSC 9) by which many terminals show a desktop notification."""
    return f"\x1b]9;tui-trainer: {printable(words, LONGEST)}\x07"
