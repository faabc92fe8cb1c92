"""Looks at the data once, before the first step: what a run that goes wrong may have been given."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engines.interface import Array, Dataset
from tui_trainer.config import RunConfig
from tui_trainer.data import epoch_order
from tui_trainer.inspection import significant

LOOKED_AT = 1000  # training examples that are compared with each other
NEIGHBOURS = 5


def survey(config: RunConfig, splits: Mapping[str, Dataset]) -> dict[str, Any]:
    """What the data is like, as JSON values; a function of config and data alone."""
    training, validation = splits["training"], splits["validation"]
    ordered = training.labels[epoch_order(config.order_seed, 1, len(training), config.shuffle)]
    looked_at = np.linspace(0, len(training) - 1, min(LOOKED_AT, len(training))).astype(np.int64)
    return {
        "examples": {name: len(split) for name, split in splits.items()},
        "classes": {name: np.bincount(s.labels, minlength=s.classes).tolist() for name, s in splits.items()},
        "inputs": scale_of(training),
        "same_label_next": share(ordered[1:] == ordered[:-1]),
        "leaked": leaked(training.inputs, validation.inputs),
        "disagreement": disagreement(training.inputs[looked_at], training.labels[looked_at]),
    }


def share(flags: Array) -> float:
    """Which part of some flags is true; 0 of none."""
    return significant(float(flags.mean())) if flags.size else 0.0


def scale_of(data: Dataset) -> dict[str, float]:
    """Mean, deviation, least and greatest number of what the network sees of the training inputs."""
    some = data.inputs[:: max(1, len(data) // LOOKED_AT)].astype(np.float64)
    seen = (some - data.shift) * data.factor
    numbers = {"mean": seen.mean(), "deviation": seen.std(), "min": seen.min(), "max": seen.max()}
    return {name: significant(float(number)) for name, number in numbers.items()}


def leaked(training: Array, validation: Array) -> int:
    """How many validation inputs are training inputs too, bit for bit."""
    known = {row.tobytes() for row in training.reshape(len(training), -1)}
    return sum(row.tobytes() in known for row in validation.reshape(len(validation), -1))


def disagreement(inputs: Array, labels: Array) -> float:
    """Share of examples whose label is not the commonest among their nearest others: k-nearest-neighbours, left out."""
    if len(inputs) <= NEIGHBOURS:
        return 0.0
    rows = inputs.reshape(len(inputs), -1).astype(np.float32)
    rows -= rows.mean(0)
    squares = (rows * rows).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * (rows @ rows.T)  # (examples, examples)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    votes = np.zeros((len(rows), int(labels.max()) + 1), np.int64)
    np.add.at(votes, (np.arange(len(rows))[:, None], labels[nearest]), 1)
    return share(votes.argmax(1) != labels)
