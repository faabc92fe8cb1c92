"""How far a reproduction is, over all its runs: a bar with the remaining time, or a line now and then."""

import sys
import time
from collections.abc import Mapping
from typing import Protocol

from tui_trainer.batch import remark
from tui_trainer.events import Ended, EpochMeasured, Event, FindingMade, Loading, SliceMeasured, Started
from tui_trainer.history import History
from tui_trainer.text import printable

SECONDS_BETWEEN_LINES = 10.0


class Shown(Protocol):
    """Draws how much of the work is done."""

    def update(self, what: str, done: float, total: float) -> None:
        """Show it."""
        ...

    def say(self, text: str) -> None:
        """Print a line beside it."""
        ...

    def close(self) -> None:
        """Give the terminal back."""
        ...


class Progress:
    """Adds up the epochs of all runs, each weighed by what an epoch of its kind costs; says findings if wanted."""

    def __init__(self, total: float, *, findings: bool = False) -> None:
        self.total, self._before = total, 0.0
        self._unsaid = (Loading, Ended) if findings else (Loading, Ended, FindingMade)
        self._what, self._weight = "", 1.0
        self._positions: dict[str, float] = {}  # run → epochs
        self._shown: Shown = Bar() if sys.stderr.isatty() else Lines()

    def begin(self, what: str, weight: float, positions: Mapping[str, float]) -> None:
        """The runs that follow are of one row; `positions` are the epochs that they have already."""
        self._before += self._weight * sum(self._positions.values())
        self._what, self._weight, self._positions = what, weight, dict(positions)
        self._show()

    def __call__(self, event: Event, history: History) -> None:
        """Take note of what a run says."""
        if isinstance(event, EpochMeasured | SliceMeasured | Started):
            self._positions[history.run] = history.position
            self._show()
        elif not isinstance(event, self._unsaid) and (text := remark(event)):
            self.say(f"{_name(history)}: {text}")
        elif isinstance(event, Ended) and event.status in ("failed", "diverged"):
            self.say(f"{_name(history)}: {event.status}: {event.reason}")

    def say(self, text: str) -> None:
        """Print a line beside the bar."""
        self._shown.say(text)

    def _show(self) -> None:
        self._shown.update(self._what, self._before + self._weight * sum(self._positions.values()), self.total)

    def close(self) -> None:
        """Give the terminal back."""
        self._shown.close()


def _name(history: History) -> str:
    return history.config.title or f"seed {history.config.seed}"


class Bar:
    """A Rich progress bar, for a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = [TextColumn("{task.description}"), BarColumn(20), TaskProgressColumn(), TimeRemainingColumn()]
        self._progress = Progress(*columns, console=Console(stderr=True), speed_estimate_period=120)
        self._task = self._progress.add_task("starting", total=None)
        self._progress.start()

    def update(self, what: str, done: float, total: float) -> None:
        """Move the bar."""
        self._progress.update(self._task, description=what, completed=done, total=total)

    def say(self, text: str) -> None:
        """Print above the bar."""
        self._progress.console.print(printable(text), markup=False, highlight=False)

    def close(self) -> None:
        """Stop drawing."""
        self._progress.stop()


class Lines:
    """A line each ten seconds, for logs and pipes."""

    def __init__(self) -> None:
        self._began = self._printed = time.monotonic()
        self._first: float | None = None

    def update(self, what: str, done: float, total: float) -> None:
        """Print, if it is time to."""
        now = time.monotonic()
        self._first = done if self._first is None else self._first
        if now - self._printed >= SECONDS_BETWEEN_LINES:
            self._printed = now
            self.say(f"{done / total:4.0%}  {what}{self._remaining(done, total, now)}")

    def _remaining(self, done: float, total: float, now: float) -> str:
        gained = done - (self._first or 0)
        return f", about {(total - done) / gained * (now - self._began):.0f} s left" if gained > 0 else ""

    def say(self, text: str) -> None:
        """Print a line."""
        print(printable(text), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is held."""
