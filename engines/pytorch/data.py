"""The examples of a split on the device that trains, and what is checked about them."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from engines.interface import Array, Dataset

BLOCK = 512  # examples that are gathered at once: as float32 they still fit a processor's cache
ALIGNMENT = 64  # bytes at which torch begins a tensor, so that vector instructions can read it whole


class DeviceSplit:
    """One split on a device, stored as it came (uint8 is a quarter of the memory traffic of float32)."""

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self.dataset = dataset
        self.inputs = as_tensor(dataset.inputs).to(device)  # (examples, …)
        self.labels = as_tensor(dataset.labels.astype(np.int64)).to(device)  # (examples,)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.dataset.inputs.shape[1:]

    @property
    def classes(self) -> int:
        """How many classes the labels tell apart."""
        return self.dataset.classes

    def block(self, batch_size: int) -> int:
        """How many examples to gather at once, to be split into batches.

        A matrix product may round otherwise where its operands begin elsewhere between two alignments. So where
        not all batches of a block would begin at one, each is gathered alone: the cut into calls changes no bit.
        """
        aligned = batch_size * self.inputs[0].numel() * 4 % ALIGNMENT == 0
        return max(1, BLOCK // batch_size) * batch_size if aligned else batch_size

    def scaled(self, inputs: Tensor) -> Tensor:
        """What a network sees of stored inputs: `(inputs - shift) * factor` in float32."""
        values = inputs.to(torch.float32, copy=True)
        if self.dataset.shift:
            values.sub_(self.dataset.shift)
        return values if self.dataset.factor == 1 else values.mul_(self.dataset.factor)

    def take(self, order: Tensor) -> tuple[Tensor, Tensor]:
        """Scaled inputs and labels of the examples at `order`."""
        return self.scaled(self.inputs.index_select(0, order)), self.labels.index_select(0, order)


def as_tensor(array: Array) -> Tensor:
    """A tensor on the memory of the array, or on a copy where torch could not read that as it is."""
    usable = array.flags.writeable and array.flags.c_contiguous
    return torch.from_numpy(array if usable else array.copy())


def check_splits(splits: Mapping[str, Dataset]) -> None:
    """`ValueError` where the data cannot be trained on."""
    if "training" not in splits:
        raise ValueError(f"no training split among {', '.join(splits) or 'none'}")
    shape, classes = splits["training"].inputs.shape[1:], splits["training"].classes
    for name, dataset in splits.items():
        if dataset.classes != classes:
            raise ValueError(f"split {name} has {dataset.classes} classes, but training has {classes}")
        check_examples(f"split {name}", dataset.inputs, dataset.labels, shape, classes)


def check_examples(where: str, inputs: Array, labels: Array, shape: tuple[int, ...], classes: int) -> None:
    """`ValueError` where inputs `(examples, *shape)` and labels `(examples,)` do not fit together."""
    check_inputs(where, inputs, shape)
    if labels.shape != (len(inputs),) or labels.dtype.kind not in "iu":
        raise ValueError(f"{where}: labels must be {len(inputs)} integers, not {labels.dtype} {labels.shape}")
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"{where}: labels must be in [0, {classes}), but go from {labels.min()} to {labels.max()}")


def check_inputs(where: str, inputs: Array, shape: tuple[int, ...]) -> None:
    """`ValueError` where inputs are not `(examples, *shape)` in uint8 or float32."""
    if inputs.dtype not in (np.uint8, np.float32):
        raise ValueError(f"{where}: inputs must be uint8 or float32, not {inputs.dtype}")
    if not len(inputs) or inputs.shape[1:] != shape:
        raise ValueError(f"{where}: inputs must be (examples, {', '.join(map(str, shape))}), not {inputs.shape}")


def check_order(order: Array, batch_size: int, examples: int, least: int) -> None:
    """`ValueError` where `order` does not name examples of a split, or leaves a batch fewer than `least`."""
    if batch_size < 1:
        raise ValueError(f"batch size must be at least 1, not {batch_size}")
    if order.ndim != 1 or order.dtype.kind not in "iu":
        raise ValueError(f"order must be a row of integers, not {order.dtype} {order.shape}")
    if len(order) and not 0 <= order.min() <= order.max() < examples:
        raise ValueError(f"order must be in [0, {examples}), but goes from {order.min()} to {order.max()}")
    if len(order) and min(batch_size, (len(order) - 1) % batch_size + 1) < least:
        raise ValueError(f"batch-norm wants batches of at least {least} examples, and the last would have 1")
