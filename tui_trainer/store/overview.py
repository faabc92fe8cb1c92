"""One run in one row, read cheaply: from its summary when it is over, else from the ends of its files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer.clock import SILENT_SECONDS, now
from tui_trainer.events import (
    Continued,
    Ended,
    EpochMeasured,
    Event,
    Loading,
    Paused,
    SaveFailed,
    SettingChanged,
    Started,
)
from tui_trainer.lines import from_line
from tui_trainer.store.directory import RunDirectory, SchemaError
from tui_trainer.store.lock import is_alive
from tui_trainer.store.reader import RunReader

TAIL = 1 << 16  # bytes


@dataclass(frozen=True)
class Overview:
    """What a list of runs shows of one; accuracies are fractions, `seconds` of training."""

    id: str
    directory: str
    title: str
    state: str  # training, silent, paused, loading; done, stopped, diverged, failed; interrupted: dead without an end
    alive: bool
    created: float
    engine: str
    network: str
    optimizer: str
    dropout: float
    learning_rate: float
    seed: int
    epoch: int
    epochs: int
    training_accuracy: float | None
    validation_accuracy: float | None
    best_validation_accuracy: float | None
    seconds: float
    parent: str | None = None


def overview(directory: RunDirectory) -> Overview:
    """The row of a run; `SchemaError` when it is none."""
    about = directory.read()
    alive = is_alive(directory)
    facts = None if alive else _summary(directory)
    facts = facts or _from_tails(directory, alive)
    config = about["config"]
    try:
        return Overview(
            id=directory.id,
            directory=str(directory.path),
            title=directory.title(),
            alive=alive,
            created=float(about.get("created", 0)),
            **{name: config[name] for name in ("engine", "network", "optimizer", "seed")},
            **{name: facts.get(name, config[name]) for name in ("dropout", "learning_rate")},
            epochs=int(facts.get("epochs_asked", config["epochs"])),
            parent=(about.get("parent") or {}).get("run"),
            **{name: facts.get(name) for name in ("state", "training_accuracy", "validation_accuracy")},
            best_validation_accuracy=facts.get("best_validation_accuracy"),
            epoch=int(facts.get("epoch", 0)),
            seconds=float(facts.get("seconds") or 0),
        )
    except (KeyError, TypeError, ValueError):
        raise SchemaError(f"{directory.path} is not a run that can be read") from None


def _summary(directory: RunDirectory) -> dict[str, Any] | None:
    """The facts in `summary.json`, unless a trainer has begun after it."""
    end = _last_end(directory)
    if end is None:
        return None
    try:
        found = json.loads(directory.summary.read_bytes())
        if (found["status"], found["epochs"]) != (end.status, end.epoch):  # of an earlier trainer: the disk was full
            return None
        accuracy = found["accuracy"]
        return {
            "state": str(found["status"]),
            "epoch": found["epochs"],
            "epochs_asked": found["epochs_asked"],
            "dropout": found["dropout"],
            "learning_rate": found["learning_rate"],
            "training_accuracy": accuracy["training"]["final"],
            "validation_accuracy": accuracy["validation"]["final"],
            "best_validation_accuracy": accuracy["validation"]["max"],
            "seconds": found["seconds"],
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _from_tails(directory: RunDirectory, alive: bool) -> dict[str, Any]:
    """The facts at the ends of the two growing files, and those that may stand far before them."""
    facts: dict[str, Any] = {"state": "starting" if alive else "interrupted"}
    events = sorted(_tail(directory.metrics) + _tail(directory.events), key=lambda event: event.at)
    for event in events:
        match event:
            case EpochMeasured():
                facts["epoch"], facts["seconds"] = event.epoch, event.seconds
                facts["training_accuracy"] = 1 - event.training_error
                facts["validation_accuracy"] = 1 - event.validation_error
                best = facts.get("best_validation_accuracy") or 0.0
                facts["best_validation_accuracy"] = max(best, 1 - event.validation_error)
            case Started():
                facts["epoch"] = event.epoch
    facts |= {"epochs_asked" if name == "epochs" else name: new for name, new in changed_settings(directory).items()}
    if (best := _best_saved(directory)) is not None:
        facts["best_validation_accuracy"] = max(best, facts.get("best_validation_accuracy", best))
    if alive:
        facts["state"] = _state_alive(directory)
        if facts["state"] == "training" and events and now() - events[-1].at > SILENT_SECONDS:
            facts["state"] = "silent"
    elif (end := _last_end(directory)) is not None:
        facts["state"] = end.status
    return facts


def _best_saved(directory: RunDirectory) -> float | None:
    """The validation accuracy of the best checkpoint; a later best may not be saved yet."""
    try:
        return 1 - float(json.loads(directory.best.read_bytes())["error"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def changed_settings(directory: RunDirectory) -> dict[str, float]:
    """The live settings that were changed while the run trained, as they stand now."""
    try:
        lines = [line for line in directory.events.read_bytes().split(b"\n") if b'"setting-changed"' in line]
    except OSError:
        return {}
    return {event.name: event.new for line in lines if isinstance(event := from_line(line), SettingChanged)}


def _state_alive(directory: RunDirectory) -> str:
    state = "starting"
    for event in _tail(directory.events):
        if isinstance(event, Paused):
            state = "paused"
        elif isinstance(event, Loading):
            state = "loading"
        elif isinstance(event, Started | Continued):
            state = "training"
    return "training" if state == "starting" and directory.metrics.exists() else state


def _last_end(directory: RunDirectory) -> Ended | None:
    """What the trainer said at its end, if nothing began after it."""
    for line in reversed(_last_lines(directory.events)):
        event = from_line(line)
        if isinstance(event, Ended):
            return event
        if event is not None and not isinstance(event, SaveFailed):
            return None
    return None


def _tail(path: Path) -> list[Event]:
    return [event for line in _last_lines(path) if (event := from_line(line))]


def _last_lines(path: Path) -> list[bytes]:
    """The whole lines in the last part of a file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            return file.read(TAIL).split(b"\n")[size > TAIL :]
    except OSError:
        return []


def state(reader: RunReader) -> str:
    """The state of a run that is followed: what its trainer says, or `interrupted` when that died without an end."""
    history = reader.history
    return history.status if history.ended or reader.alive else "interrupted"
