"""Small runs on a small data set, so that hundreds of them fit into a test, and what is left of a run to compare."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tui_trainer.checkpoint import Checkpoint, read_checkpoint
from tui_trainer.config import RunConfig, resolve
from tui_trainer.events import WALL_CLOCK_FIELDS, Event
from tui_trainer.lines import from_line
from tui_trainer.run import create
from tui_trainer.store import CheckpointStore, RunDirectory

SMALL = {
    "engine": "scratch",
    "optimizer": "momentum",
    "dropout": 0.25,
    "epochs": 3,
    "train_examples": 128,  # 4 steps an epoch
    "validation_examples": 50,
}


def small_config(data: Path, **changes: Any) -> RunConfig:
    """A config whose run takes a few hundredths of a second."""
    return resolve({**SMALL, "data": str(data), **changes})


def new_run(data: Path, runs: Path, **changes: Any) -> RunDirectory:
    """A run that has not begun."""
    return RunDirectory(create(small_config(data, **changes), runs))


def copy_of(run: RunDirectory, to: Path) -> RunDirectory:
    """The same run in another directory."""
    return RunDirectory(Path(shutil.copytree(run.path, to)))


def without_clock(line: bytes) -> dict[str, Any]:
    """A line of `metrics.jsonl` without what differs from time to time."""
    record = json.loads(line)
    return {name: value for name, value in record.items() if name not in WALL_CLOCK_FIELDS}


@dataclass(frozen=True)
class Final:
    """All that two runs of one config and trail have in common, to the bit."""

    tensors: dict[str, tuple[str, tuple[int, ...], bytes]]
    about: dict[str, Any]
    metrics: list[dict[str, Any]]


def bits(tensors: Any) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Arrays as something that `==` compares to the bit."""
    return {name: (array.dtype.str, array.shape, np.asarray(array).tobytes()) for name, array in tensors.items()}


def newest(run: RunDirectory) -> Checkpoint:
    """The newest checkpoint, verified."""
    store = CheckpointStore(run)
    return read_checkpoint(store.path(store.names()[0]))


def final(run: RunDirectory) -> Final:
    """What a run came to."""
    checkpoint = newest(run)
    about = {name: checkpoint.about[name] for name in ("step", "epoch", "settings", "best")}
    return Final(
        bits(checkpoint.tensors), about, [without_clock(line) for line in run.metrics.read_bytes().splitlines()]
    )


def events_of(run: RunDirectory, kind: type[Event] = Event) -> list[Any]:
    """The events of a kind in `events.jsonl`."""
    found = [from_line(line) for line in run.events.read_bytes().splitlines()]
    return [event for event in found if isinstance(event, kind)]


def tree(path: Path) -> dict[str, bytes]:
    """Every file under a directory, with its bytes."""
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
