"""Trains in the foreground and prints: progress on stderr, the summary on stdout."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from tui_trainer.config import RunConfig
from tui_trainer.events import (
    CheckpointSetAside,
    CureJudged,
    Ended,
    EpochMeasured,
    Event,
    FindingMade,
    Loading,
    RequestRefused,
    SaveFailed,
    SettingChanged,
    SliceMeasured,
    Started,
    Warned,
)
from tui_trainer.history import History
from tui_trainer.run import check_device, create, train_run
from tui_trainer.store import CheckpointStore, RunDirectory
from tui_trainer.streams import heard_or_not
from tui_trainer.text import printable

EVERY_EPOCH_UP_TO = 50  # longer runs print at most a line a second


class Printer(Protocol):
    """Shows the events of a run to a person."""

    def __call__(self, event: Event, history: History) -> None: ...
    def close(self) -> None: ...


def remark(event: Event) -> str | None:
    """The line for an event that a person should read, or None."""
    return _trouble(event) or _course(event)


def _trouble(event: Event) -> str | None:
    """What went wrong."""
    match event:
        case SaveFailed(what=what, reason=reason):
            return f"could not save {what}: {reason}; training goes on, the next interval tries again"
        case CheckpointSetAside(name=name, renamed=renamed, reason=reason):
            return f"{name} is bad: {reason}; set aside as {renamed}"
        case Warned(message=message):
            return message
        case RequestRefused(reason=reason):
            return f"refused: {reason}"
        case FindingMade(rule=rule, why=why, cure=cure, severity=severity):
            return f"{severity}: {rule}: {why} {cure}"
    return None


def _course(event: Event) -> str | None:
    """How the run goes."""
    match event:
        case Started(epoch=epoch, step=step, resumed_from=name, notes=notes):
            begun = "" if name is None else f"going on from {name}, epoch {epoch}, step {step}"
            return "; ".join(filter(None, [begun, *notes])) or None
        case Loading(what=what):
            return f"loading {what}"
        case SettingChanged(name=name, old=old, new=new, step=step):
            return f"{name} {old:g} → {new:g} at step {step}"
        case CureJudged():
            return _judgement(event)
        case Ended(status=status, reason=reason) if reason:
            return f"{status}: {reason}"
    return None


def _judgement(event: CureJudged) -> str:
    """Whether a cure helped, with the numbers where they are known."""
    return f"{event.rule}: the cure {'helped' if event.helped else 'did not help'}{_moved(event.before, event.after)}"


def _moved(before: dict[str, float], after: dict[str, float]) -> str:
    """How the best validation error moved, if both are known."""
    old, new = before.get("validation_error"), after.get("validation_error")
    return "" if old is None or new is None else f": best validation error {old:.2%} → {new:.2%}"


class PlainPrinter:
    """Lines without control characters, for logs and pipes."""

    def __init__(self) -> None:
        self._printed = 0.0

    def __call__(self, event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured):
            now, often = time.monotonic(), history.epochs <= EVERY_EPOCH_UP_TO
            if often or event.epoch in (1, history.epochs) or now - self._printed >= 1:
                self._printed = now
                self._line(epoch_line(event, history))
        elif text := remark(event):
            self._line(text)

    def _line(self, text: str) -> None:
        print(printable(text), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is held."""


class BarPrinter:
    """A Rich progress bar, for a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._task = self._progress.add_task("starting", total=None)
        self._progress.start()

    def __call__(self, event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured):
            self._progress.update(self._task, description=bar_line(event, history))
        if isinstance(event, EpochMeasured | SliceMeasured | Started):
            self._progress.update(self._task, total=float(history.epochs), completed=history.position)
        if text := remark(event):
            self._progress.console.print(printable(text), markup=False, highlight=False)

    def close(self) -> None:
        """Give the terminal back."""
        self._progress.stop()


def epoch_line(event: EpochMeasured, history: History) -> str:
    """An epoch in one line of at most 79 columns."""
    return (
        f"epoch {event.epoch}/{history.epochs}  loss {event.training_loss:.4f} val {event.validation_loss:.4f}  "
        f"error {event.training_error:.2%} val {event.validation_error:.2%}"
    )


def bar_line(event: EpochMeasured, history: History) -> str:
    """An epoch in so few columns that a bar and two times stand beside it on 80."""
    return (
        f"{event.epoch}/{history.epochs} loss {event.training_loss:.3f} val {event.validation_loss:.3f} "
        f"error {event.training_error:.1%} val {event.validation_error:.1%}"
    )


def run_batch(config: RunConfig, runs: Path, *, as_json: bool = False) -> int:
    """Make a run, train it here, print its summary; the exit code. Raises what `create` raises, or `SettingError`."""
    check_device(config)
    return train_and_print(create(config, runs), as_json=as_json)


def train_and_print(directory: Path, *, as_json: bool = False, epochs: int | None = None) -> int:
    """Train a run that is there (from its newest checkpoint, if any) and print its summary; the exit code."""
    printer: Printer = BarPrinter() if sys.stderr.isatty() else PlainPrinter()
    try:
        outcome = train_run(directory, watch=printer, epochs=epochs)
    finally:
        with heard_or_not():
            printer.close()
    with heard_or_not():
        if as_json:
            print(json.dumps(summary(directory, outcome.history), allow_nan=False))
        elif outcome.history.epoch:
            print_history(directory, outcome.history)
    return outcome.code


def summary(directory: Path, history: History) -> dict[str, Any]:
    """The summary of a run as plain JSON values, with where it lies."""
    names = CheckpointStore(RunDirectory(directory)).names()
    checkpoint = str(directory / "checkpoints" / names[0]) if names else None
    return history.summary() | {"directory": str(directory), "checkpoint": checkpoint}


def print_history(directory: Path, history: History) -> None:
    """The summary as a table on stdout."""
    from rich.console import Console
    from rich.table import Table

    facts = summary(directory, history)
    table = Table(title=printable(f"{facts['run']}: {facts['status']}"), title_justify="left")
    for heading in ("accuracy", "maximum", "final"):
        table.add_column(heading, justify="left" if heading == "accuracy" else "right")
    for split, values in facts["accuracy"].items():
        table.add_row(split, *(percent(values[name]) for name in ("max", "final")))
    console = Console(highlight=False, markup=False)
    console.print(table)
    rate = facts["examples_per_second"]
    best = f"best epoch {facts['best_epoch']} of {facts['epochs']}" if facts["best_epoch"] else "no whole epoch"
    console.print(f"{best}, {facts['seconds']:.1f} s" + (f", {rate:,.0f} examples per second" if rate else ""))
    console.print(printable(f"checkpoint {facts['checkpoint']}"), soft_wrap=True)
    if facts["status"] in ("interrupted", "stopped", "failed"):
        console.print(printable(f"go on with: tui-trainer resume {directory}"), soft_wrap=True)


def print_findings(facts: Mapping[str, Any]) -> None:
    """Findings and verdicts of a history's summary on stdout, root causes first."""
    for found in facts["findings"]:
        explained = f", explained by {', '.join(found['explained_by'])}" if found["explained_by"] else ""
        evidence = ", ".join(f"{name} {_words(value)}" for name, value in found["evidence"].items())
        lines = [f"{found['severity']}: {found['rule']}, since epoch {found['epoch']}{explained}"]
        for line in [*lines, f"  {found['why']}", f"  {found['cure']}", f"  {evidence}"]:
            print(printable(line))
    for judged in facts["cures"]:
        print(printable(f"{judged['rule']}: the cure {'helped' if judged['helped'] else 'did not help'}"))


def _words(value: object) -> str:
    """A number, a word, or some of them, as evidence has them."""
    if isinstance(value, dict):
        return " ".join(f"{name} {_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return " ".join(map(_words, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def percent(fraction: float | None) -> str:
    """A fraction as per cent, or a dash."""
    return "–" if fraction is None else f"{fraction:.2%}"
