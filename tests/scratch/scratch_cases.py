"""One of each layer of the from-scratch library, with inputs for it and its namesake in PyTorch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.interface import Array
from engines.masks import MaskStream
from engines.scratch.activations import GELU, LeakyReLU, ReLU, Sigmoid, Tanh
from engines.scratch.convolution import AvgPool2d, Conv2d, MaxPool2d
from engines.scratch.layers import BatchNorm, Dropout, Flatten, Layer, Linear
from engines.scratch.network import Network

PICTURES = (4, 3, 7, 8)  # (examples, channels, rows, columns)


@dataclass(frozen=True)
class Case:
    """A layer, the shape of its inputs, and how PyTorch makes the same from `torch.nn`."""

    name: str
    make: Callable[[], Layer]
    shape: tuple[int, ...]
    torch: Callable[[Any], Any] | None
    training: bool = True


CASES = [
    Case("flatten", Flatten, PICTURES, lambda nn: nn.Flatten()),
    Case("linear", lambda: Linear(7, 4), (5, 7), lambda nn: nn.Linear(7, 4)),
    Case("dropout", lambda: Dropout(0.4, MaskStream(0)), (6, 9), None),
    Case("batch-norm-1d", lambda: BatchNorm(5), (6, 5), lambda nn: nn.BatchNorm1d(5)),
    Case("batch-norm-2d", lambda: BatchNorm(3), PICTURES, lambda nn: nn.BatchNorm2d(3)),
    Case("batch-norm-evaluating", lambda: BatchNorm(3), PICTURES, lambda nn: nn.BatchNorm2d(3), training=False),
    Case("relu", ReLU, (5, 7), lambda nn: nn.ReLU()),
    Case("leaky-relu", lambda: LeakyReLU(0.2), (5, 7), lambda nn: nn.LeakyReLU(0.2)),
    Case("leaky-relu-steep", lambda: LeakyReLU(1.5), (5, 7), lambda nn: nn.LeakyReLU(1.5)),
    Case("sigmoid", Sigmoid, (5, 7), lambda nn: nn.Sigmoid()),
    Case("tanh", Tanh, (5, 7), lambda nn: nn.Tanh()),
    Case("gelu", GELU, (5, 7), lambda nn: nn.GELU()),
    Case("avg-pool", lambda: AvgPool2d(2, 2, 0), PICTURES, lambda nn: nn.AvgPool2d(2, 2, 0)),
    Case("avg-pool-overlapping", lambda: AvgPool2d(3, 2, 1), PICTURES, lambda nn: nn.AvgPool2d(3, 2, 1)),
    Case("max-pool", lambda: MaxPool2d(2, 2, 0), PICTURES, lambda nn: nn.MaxPool2d(2, 2, 0)),
    Case("max-pool-overlapping", lambda: MaxPool2d(3, 1, 1), PICTURES, lambda nn: nn.MaxPool2d(3, 1, 1)),
    Case("max-pool-of-grey", lambda: MaxPool2d(2, 2, 0), (3, 6, 6), lambda nn: nn.MaxPool2d(2, 2, 0)),
    Case("conv", lambda: Conv2d(3, 4, 3), PICTURES, lambda nn: nn.Conv2d(3, 4, 3)),
    Case("conv-padded", lambda: Conv2d(3, 4, 5, 1, 2), PICTURES, lambda nn: nn.Conv2d(3, 4, 5, 1, 2)),
    Case("conv-strided", lambda: Conv2d(3, 2, 3, 2, 1), PICTURES, lambda nn: nn.Conv2d(3, 2, 3, 2, 1)),
]


def alone(layer: Layer, rng: np.random.Generator) -> Network:
    """A network of this one layer in float64, its parameters drawn at random."""
    network = Network({"layer": layer}, np.float64)
    network.values[:] = rng.normal(0, 0.5, network.values.shape)
    for name, value in network.statistics.items():
        value[:] = rng.uniform(0.5, 2, value.shape) if name.endswith("var") else rng.normal(size=value.shape)
    return network


def inputs_for(case: Case, rng: np.random.Generator) -> Array:
    """Distinct numbers, none closer to 0 or to another than 0.005: away from the kinks of ReLU and max-pooling."""
    size = int(np.prod(case.shape))
    return ((rng.permutation(size) - size // 2 + 0.5) * 0.01).reshape(case.shape)
