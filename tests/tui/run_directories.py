"""Writes run directories as a trainer would, from scripted events: nothing is trained."""

import dataclasses
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from scripted import STEPS, T0, ended, epoch, saved, started

from tui_trainer.checkpoint import Checkpoint, write_checkpoint
from tui_trainer.config import resolve
from tui_trainer.events import EpochMeasured, Event, Inspected, SliceMeasured
from tui_trainer.lines import to_line
from tui_trainer.store import RunDirectory

MEASURED = (SliceMeasured, EpochMeasured, Inspected)


def write_run(
    folder: Path,
    name: str,
    events: Iterable[Event] = (),
    *,
    title: str = "",
    created: float = T0,
    about: dict[str, Any] | None = None,
    **settings: Any,
) -> RunDirectory:
    """A run directory with these settings and events."""
    directory = RunDirectory(folder / name)
    directory.checkpoints.mkdir(parents=True)
    config = resolve({}).replace(title=title, **settings)
    what = {
        "schema": [1, 0],
        "id": name,
        "title": title,
        "created": created,
        "config": config.to_mapping(),
        "seed": config.seed,
        "steps_per_epoch": STEPS,
        "data": [{"name": "train-images", "size": 1, "sha256": "5eed" * 16}],
        "versions": {"tui-trainer": "0.1.0", "numpy": "2.0.0"},
        "threads": 1,
        "cpu": "a processor",
        "git_commit": None,
        "parent": None,
        **(about or {}),
    }
    directory.about.write_text(json.dumps(what), "utf-8")
    directory.lock.write_text("{}", "utf-8")
    append(directory, events)
    return directory


def save_at(directory: RunDirectory, epoch: int, **settings: Any) -> None:
    """A checkpoint of an epoch, with the live settings that were changed by then."""
    about = {"epoch": epoch, "step": epoch * STEPS, "settings": settings}
    path = directory.checkpoints / f"step-{epoch * STEPS:09d}.safetensors"
    write_checkpoint(path, Checkpoint({"linear1.weight": np.zeros(1)}, about))


def append(directory: RunDirectory, events: Iterable[Event]) -> None:
    """The trainer writes these too."""
    all_events = list(events)
    for path, wanted in ((directory.metrics, True), (directory.events, False)):
        with path.open("ab") as file:
            file.write(b"".join(to_line(event) for event in all_events if isinstance(event, MEASURED) == wanted))


def trained(
    count: int, *, pace: float = 1.0, rate: float = 0.01, status: str = "done", reason: str = "", nan_from: int = 0
) -> list[Event]:
    """The events of so many epochs that go down at a pace; not finite from an epoch on, if one is given."""

    def measured(number: int) -> EpochMeasured:
        event = epoch(number)
        share = pace ** math.sqrt(number)
        losses = {name: getattr(event, name) * share for name in ("training_loss", "validation_loss")}
        if nan_from and number >= nan_from:
            losses = {"training_loss": math.nan, "validation_loss": math.inf}
        errors = {name: min(0.9, getattr(event, name) * share) for name in ("training_error", "validation_error")}
        return dataclasses.replace(event, **losses, **errors, learning_rate=rate)

    events: list[Event] = [started()]
    for number in range(1, count + 1):
        events += [measured(number), saved(number, best=number % 7 == 0)]
    return [*events, ended(status, count, reason)] if status else events


def five_runs(folder: Path) -> list[Path]:
    """A folder as a week leaves it: plain, another optimizer, with dropout, diverged, and one that died unnamed."""
    write = _writer(folder)
    write(1, trained(60), title="")
    write(2, trained(60, pace=0.93, rate=0.001), title="Adam, low rate", optimizer="adam", learning_rate=0.001)
    write(
        3,
        trained(40, pace=1.05, rate=0.1, status="stopped"),
        title="with dropout",
        dropout=0.25,
        learning_rate=0.1,
        engine="pytorch",
    )
    reason = "the training loss is NaN from step 18740"
    write(
        4,
        trained(23, rate=5.0, status="diverged", reason=reason, nan_from=20),
        title="much too fast",
        learning_rate=5.0,
    )
    write(5, trained(33, pace=0.97, status=""), title="[red]hostile\x1b[31m name\u202e 網路[/]")
    return sorted(folder.iterdir())


def _writer(folder: Path) -> Callable[..., RunDirectory]:
    def write(number: int, events: list[Event], **rest: Any) -> RunDirectory:
        return write_run(folder, f"20261123-1{number}4211-k3f{number}", events, created=T0 + number, epochs=60, **rest)

    return write
