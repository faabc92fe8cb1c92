"""Runs that nobody trained: networks whose weights are computed from the digits themselves, the same everywhere."""

from pathlib import Path
from typing import Any

import numpy as np

from engines.interface import Array
from tui_trainer import data, run
from tui_trainer.checkpoint import Checkpoint, write_checkpoint
from tui_trainer.config import resolve
from tui_trainer.events import CheckpointSaved, Ended, EpochMeasured, Event, Inspected, Started
from tui_trainer.store import Recorder, RunDirectory

T0 = 1_700_000_000.0
STEPS = 20  # per epoch of 640 examples


def spread(reach: float, size: float) -> dict[str, Any]:
    """A distribution as an inspection writes it."""
    numbers = {"mean": 0.1 * reach, "deviation": reach / 3, "min": -reach, "max": reach, "norm": size}
    return {**numbers, "histogram": [1, 4, 20, 90, 300, 700, 640, 210, 60, 12, 0, 2]}


def parameter(reach: float, size: float, change: float, still: int) -> dict[str, Any]:
    """A parameter as an inspection writes it."""
    moved = {"change": change, "still": list(range(still)), "still_count": still}
    return {**spread(reach, size), **moved, "gradient": spread(reach / 100, size / 50)}


# what an inspection of a network with dead units says; the made run's own network has none
LAYERS: list[dict[str, Any]] = [
    {
        "layer": "linear1",
        "kind": "linear",
        **spread(32.1, 0),
        "parameters": {"weight": parameter(0.62, 10.9, 0.0131, 2), "bias": parameter(1.9, 19.3, 0.004, 2)},
    },
    {"layer": "relu1", "kind": "relu", **spread(32.1, 0), "zero": 0.81, "units": 10, "dead": [3, 8], "dead_count": 2},
]


def nearest_mean(inputs: Array, labels: Array, share: float = 1.0) -> dict[str, Array]:
    """A linear network that chooses the class with the nearest mean image, `share` of the way from zero."""
    pixels = inputs.reshape(len(inputs), -1).astype(np.float64) / 255
    means = np.stack([pixels[labels == label].mean(axis=0) for label in range(10)])
    weight, bias = means - means.mean(axis=0), -0.5 * (means**2).sum(axis=1)
    return {
        "linear1.weight": (share * weight).astype(np.float32),
        "linear1.bias": (share * (bias - bias.mean())).astype(np.float32),
    }


def make_run(runs: Path, folder: Path, *, epochs: int = 3, title: str = "made", over: bool = True) -> Path:
    """A run of network softmax with a checkpoint of each epoch, sharper from epoch to epoch."""
    config = resolve(
        {
            "network": "softmax",
            "data": str(folder),
            "epochs": epochs,
            "keep_every": 1,
            "title": title,
            "engine": "scratch",
        }
    )
    path = run.create(config, runs)
    said: list[Event] = [Started(pid=1, host="here", at=T0)]
    for number in range(1, epochs + 1):
        said += save_epoch(path, number, number / epochs)
    if over:
        said.append(Ended("done", epochs, epochs * STEPS, at=T0 + 100))
    say(path, said)
    return path


def save_epoch(path: Path, number: int, share: float) -> list[Event]:
    """Put a checkpoint of an epoch into a run; what its trainer would say of it."""
    directory = RunDirectory(path)
    training = data.load(directory.config()).splits["training"]
    weights = nearest_mean(training.inputs, training.labels, share)
    name = f"step-{number * STEPS:09d}.safetensors"
    write_checkpoint(directory.checkpoints / name, Checkpoint(weights, {"epoch": number, "step": number * STEPS}))
    error = 0.6 / number
    at = T0 + number
    inspected = [Inspected(number, number * STEPS, LAYERS, at=at)] if number > 1 else []  # the first was not inspected
    return [
        *inspected,
        EpochMeasured(number, number * STEPS, 2 * error, error, 2.1 * error, error + 0.02, 0.01, float(number), at=at),
        CheckpointSaved(name, number, number * STEPS, at=at),
    ]


def say(path: Path, said: list[Event]) -> None:
    """Write events as a trainer does."""
    recorder = Recorder(RunDirectory(path))
    recorder.record(said)
    recorder.close()
