"""A network: layers one after another, with all their parameters in one vector."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

import numpy as np

from engines.interface import Array
from engines.masks import MaskStream
from engines.networks import Layer as LayerPlan
from engines.scratch.activations import ReLU
from engines.scratch.layers import Dropout, Layer, Linear, Reshape

MAKE: dict[str, Callable[[LayerPlan, MaskStream], Layer]] = {
    "linear": lambda plan, masks: Linear(plan.input_shape[0], plan.integer("outputs")),
    "relu": lambda plan, masks: ReLU(),
    "dropout": lambda plan, masks: Dropout(plan.arguments["probability"], masks),
    "flatten": lambda plan, masks: Reshape(plan.output_shape),
}


class Network:
    """Layers by name, in their order, trained in `dtype`.

    `values` and `gradients` hold every parameter and its gradient in one vector each, so that an optimizer is a
    handful of operations on vectors; `parameters` names the parts of `values`, shaped as each layer wants them.
    """

    def __init__(self, layers: Mapping[str, Layer], dtype: type[np.floating] = np.float32) -> None:
        self.layers = dict(layers)
        self.dtype = dtype
        self.shapes = {
            f"{name}.{part}": shape for name, layer in layers.items() for part, shape in layer.shapes.items()
        }
        size = sum(int(np.prod(shape)) for shape in self.shapes.values())
        self.values, self.gradients = np.zeros(size, dtype), np.zeros(size, dtype)
        self.parameters = self.named(self.values)
        self._hand_out()
        self._forward = list(self.layers.values())
        self._backward = self._down_to_first_parameter()
        self._prepared: tuple[int, ...] = ()

    def named(self, vector: Array) -> dict[str, Array]:
        """The parts of a vector such as `values` by parameter name, as views in the parameters' shapes."""
        sizes = [int(np.prod(shape)) for shape in self.shapes.values()]
        parts = np.split(vector, np.cumsum(sizes)[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

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
        """A copy of what each layer makes of inputs, by layer name; dropout off."""
        self._prepare(x)
        found = {}
        for name, layer in self.layers.items():
            x = layer.forward(x, False)
            found[name] = x.copy()
        return found

    def _prepare(self, x: Array) -> None:
        self._prepared = x.shape
        for layer in self._forward:
            x = layer.prepare(x)

    def _hand_out(self) -> None:
        """Give each layer its own part of the two vectors: `layer.weight`, `layer.weight_gradient`, …"""
        gradients = self.named(self.gradients)
        for full_name, value in self.parameters.items():
            name, part = full_name.split(".")
            setattr(self.layers[name], part, value)
            setattr(self.layers[name], f"{part}_gradient", gradients[full_name])

    def _down_to_first_parameter(self) -> list[Layer]:
        """The layers from the last one down to the first with parameters."""
        idle = len(list(takewhile(lambda layer: not layer.shapes, self._forward)))
        return self._forward[idle:][::-1]


def build_network(
    plan: Sequence[LayerPlan],
    initial: Mapping[str, Array],
    masks: MaskStream,
    dtype: type[np.floating] = np.float32,
) -> Network:
    """The network of a resolved plan, at its initial values."""
    network = Network({layer.name: MAKE[layer.kind](layer, masks) for layer in plan}, dtype)
    for name, value in network.parameters.items():
        value[:] = initial[name]
    return network
