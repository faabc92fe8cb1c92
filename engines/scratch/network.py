"""A network: layers one after another, with all their parameters in one vector."""

import math
from collections.abc import Callable, Mapping
from itertools import takewhile

import numpy as np

from engines.config import INITIALIZERS, NetworkConfig
from engines.initializers import initial_parameters
from engines.interface import Array
from engines.masks import MaskStream
from engines.networks import Layer as LayerPlan
from engines.networks import resolve_network
from engines.scratch.activations import GELU, LeakyReLU, ReLU, Sigmoid, Tanh
from engines.scratch.convolution import AvgPool2d, Conv2d, MaxPool2d
from engines.scratch.layers import BatchNorm, Dropout, Flatten, Layer, Linear

Shapes = dict[str, tuple[int, ...]]


class Network:
    """Layers by name, in their order.

    `values` and `gradients` hold every parameter and its gradient in one vector each, so that an optimizer is a
    handful of operations on vectors; `parameters` names the parts of `values`, shaped as each layer wants them.
    """

    def __init__(self, layers: Mapping[str, Layer], dtype: type[np.floating] = np.float32) -> None:
        self.layers = dict(layers)
        self._shapes: Shapes = {
            f"{name}.{part}": shape for name, layer in layers.items() for part, shape in layer.shapes.items()
        }
        size = sum(math.prod(shape) for shape in self._shapes.values())
        self.values, self.gradients = np.zeros(size, dtype), np.zeros(size, dtype)
        self.parameters = self.named(self.values)
        self.statistics = {
            f"{name}.{part}": np.zeros(shape, dtype)
            for name, layer in layers.items()
            for part, shape in layer.statistics.items()
        }
        self._hand_out()
        self._forward = list(self.layers.values())
        self._backward = self._down_to_first_parameter()
        self._prepared: tuple[int, ...] = ()

    def named(self, vector: Array) -> dict[str, Array]:
        """The parts of a vector such as `values` by parameter name, as views in the parameters' shapes."""
        found, start = {}, 0
        for name, shape in self._shapes.items():
            end = start + math.prod(shape)
            found[name] = vector[start:end].reshape(shape)
            start = end
        return found

    def forward(self, x: Array, training: bool = False) -> Array:
        """The logits `(examples, classes)` of inputs `(examples, …)`, in a buffer that the next call overwrites."""
        if x.shape != self._prepared:
            self._prepare(x)
        for layer in self._forward:
            x = layer.forward(x, training)
        return x

    def backward(self, dy: Array) -> None:
        """Fill `gradients`, from the gradient with respect to the logits of the last `forward`."""
        *above, first = self._backward
        for layer in above:
            layer.gradients(dy)
            dy = layer.backward(dy)
        first.gradients(dy)  # and no further: nobody needs the gradient of the network's inputs

    def activations(self, x: Array) -> dict[str, Array]:
        """What each layer makes of inputs, by layer name, to keep; dropout off. Inputs handed on are not copied."""
        self._prepare(x)
        inputs, found = x, {}
        for name, layer in self.layers.items():
            x = layer.forward(x, False)
            found[name] = x if np.may_share_memory(x, inputs) else np.array(x, order="C")
        return found

    def _prepare(self, x: Array) -> None:
        self._prepared = x.shape
        for layer in self._forward:
            x = layer.prepare(x)

    def _hand_out(self) -> None:
        """Give each layer its own arrays: `layer.weight`, `layer.weight_gradient`, `layer.running_mean`, …"""
        gradients = {f"{name}_gradient": part for name, part in self.named(self.gradients).items()}
        for full_name, array in (self.parameters | gradients | self.statistics).items():
            name, part = full_name.split(".")
            setattr(self.layers[name], part, array)

    def _down_to_first_parameter(self) -> list[Layer]:
        """The layers from the last one down to the first with parameters."""
        idle = len(list(takewhile(lambda layer: not layer.shapes, self._forward)))
        return self._forward[idle:][::-1]


MAKE: dict[str, Callable[[LayerPlan, MaskStream], Layer]] = {
    "flatten": lambda plan, masks: Flatten(),
    "linear": lambda plan, masks: Linear(plan.input_shape[0], plan.integer("outputs")),
    "dropout": lambda plan, masks: Dropout(plan.arguments["probability"], masks),
    "batch-norm": lambda plan, masks: BatchNorm(plan.input_shape[0]),
    "relu": lambda plan, masks: ReLU(),
    "leaky-relu": lambda plan, masks: LeakyReLU(plan.arguments["slope"]),
    "tanh": lambda plan, masks: Tanh(),
    "sigmoid": lambda plan, masks: Sigmoid(),
    "gelu": lambda plan, masks: GELU(),
    "avg-pool2d": lambda plan, masks: AvgPool2d(*_window(plan)),
    "max-pool2d": lambda plan, masks: MaxPool2d(*_window(plan)),
    "conv2d": lambda plan, masks: Conv2d(plan.input_shape[0], plan.integer("outputs"), *_window(plan)),
}


def _window(plan: LayerPlan) -> tuple[int, int, int]:
    return plan.integer("kernel"), plan.integer("stride"), plan.integer("padding")


def build_network(
    config: NetworkConfig,
    input_shape: tuple[int, ...],
    classes: int,
    *,
    seed: int,
    masks: MaskStream | None = None,
    dtype: type[np.floating] = np.float32,
) -> Network:
    """The network of a config at the initial values of a seed; `ValueError` says in one line what does not fit."""
    if config.initializer not in INITIALIZERS:
        raise ValueError(f"unknown initializer {config.initializer!r}: choose from {', '.join(INITIALIZERS)}")
    plan = resolve_network(config, input_shape, classes)
    masks = masks or MaskStream(seed)
    network = Network({layer.name: MAKE[layer.kind](layer, masks) for layer in plan}, dtype)
    if not network.parameters:
        raise ValueError("the network has no layer that learns: put a linear or conv2d layer into it")
    for name, value in initial_parameters(plan, config.initializer, seed).items():
        (network.parameters | network.statistics)[name][...] = value
    return network
