"""Writes the curves of runs as CSV: a row for each epoch, for a spreadsheet or a notebook."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from tui_trainer.history import SERIES, History
from tui_trainer.storage import publish

ACCURACIES = {"training_accuracy": "training_error", "validation_accuracy": "validation_error"}
COLUMNS = ("run", "epoch", "step", "seconds", *SERIES, *ACCURACIES)


def rows(history: History) -> Iterator[list[str]]:
    """A row for each measured epoch, by `COLUMNS`: fractions in [0, 1], seconds of training; nan and inf as such."""
    for place, epoch in enumerate(history.curves[SERIES[0]].epochs):
        values = {name: history.curves[name].values[place] for name in SERIES}
        accuracies = [1 - values[error] for error in ACCURACIES.values()]
        step = round(epoch * history.steps_per_epoch)
        seconds = history.seconds_at.get(round(epoch), float("nan"))
        numbers = [seconds, *values.values(), *accuracies]
        yield [_plain(history.run), f"{epoch:.0f}", str(step), *(repr(float(number)) for number in numbers)]


def _plain(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def to_csv(histories: Iterable[History]) -> str:
    """All runs in one table, one after the other."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for history in histories:
        writer.writerows(rows(history))
    return text.getvalue()


def export(path: Path, histories: Iterable[History]) -> None:
    """Write a new file, whole or not at all; `FileExistsError` where there is one, `OSError` when the disk refuses."""
    if path.exists():
        raise FileExistsError(f"{path} is already there: choose another name")
    publish(path, [to_csv(histories).encode("utf-8", "surrogateescape")])
