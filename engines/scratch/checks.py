"""What is checked before anything is trained on: each is a `ValueError` in one line, and nothing has changed."""

from collections.abc import Mapping

import numpy as np

from engines.interface import Array, Dataset


def check_splits(splits: Mapping[str, Dataset]) -> None:
    """All splits must be shaped as `training` is, with as many classes."""
    if "training" not in splits:
        raise ValueError(f"no training split among {', '.join(splits) or 'none'}")
    training = splits["training"]
    for name, data in splits.items():
        if data.classes != training.classes:
            raise ValueError(f"{name}: {data.classes} classes, but training has {training.classes}")
        check_inputs(name, data.inputs, training.inputs.shape[1:])
        check_labels(name, data.labels, len(data.inputs), data.classes)


def check_inputs(where: str, inputs: Array, shape: tuple[int, ...]) -> None:
    """Inputs must be `(examples, *shape)` with at least one example, uint8 or float32."""
    if inputs.dtype not in (np.uint8, np.float32):
        raise ValueError(f"{where}: inputs must be uint8 or float32, not {inputs.dtype}")
    if not inputs.size or inputs.shape[1:] != shape:
        raise ValueError(f"{where}: inputs must be (examples, {', '.join(map(str, shape))}), not {inputs.shape}")


def check_labels(where: str, labels: Array, examples: int, classes: int) -> None:
    """There must be one whole number in [0, classes) for each example."""
    if labels.shape != (examples,) or labels.dtype.kind not in "iu":
        raise ValueError(f"{where}: labels must be {examples} whole numbers, not {labels.dtype} {labels.shape}")
    if examples and (np.minimum.reduce(labels) < 0 or np.maximum.reduce(labels) >= classes):
        raise ValueError(f"{where}: labels must be from 0 to {classes - 1}, not {labels.min()} to {labels.max()}")


def check_batch_size(batch_size: int) -> None:
    """A batch must hold something."""
    if batch_size < 1:
        raise ValueError(f"batch size must be at least 1, not {batch_size}")


def check_order(order: Array, examples: int) -> None:
    """An order must be a row of indices of examples."""
    if order.ndim != 1 or order.dtype.kind not in "iu":
        raise ValueError(f"order must be a row of whole numbers, not {order.dtype} {order.shape}")
    if len(order) and (order.min() < 0 or order.max() >= examples):
        raise ValueError(f"order must be from 0 to {examples - 1}, not {order.min()} to {order.max()}")


def check_state(state: Mapping[str, Array], own: Mapping[str, Array]) -> None:
    """A state must have the names and shapes of our own."""
    if missing := sorted(own.keys() - state.keys()):
        raise ValueError(f"the state lacks {', '.join(missing)}")
    if unknown := sorted(state.keys() - own.keys()):
        raise ValueError(f"the state has unknown {', '.join(unknown)}")
    for name, value in own.items():
        if np.shape(state[name]) != value.shape:
            raise ValueError(f"the state's {name} must have shape {value.shape}, not {np.shape(state[name])}")


def check_threads(threads: int) -> None:
    """Somebody must do the work."""
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
