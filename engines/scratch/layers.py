"""The layers of a network, from the simplest to the most complex; convolutions have a file of their own.

A layer turns inputs x into outputs y, and the gradient of the loss with respect to y (`dy`) into the one with
respect to x (`dx`). An array that begins with `d` is such a gradient, and has the shape of what it belongs to.
"""

from collections.abc import Mapping

import numpy as np

from engines.interface import Array
from engines.masks import MaskStream


class Layer:
    """What all layers have in common.

    `prepare` makes every buffer that a layer writes to; `forward` and `backward` fill them again at each step, so
    that training allocates nothing. Keep a copy of what they return if it is to outlive the next step.
    """

    shapes: Mapping[str, tuple[int, ...]] = {}  # of the parameters, by name; the network makes the arrays

    def prepare(self, x: Array) -> Array:
        """Make the buffers for inputs like `x`; return the one for the outputs."""
        self.y, self.dx = np.empty_like(x), np.empty_like(x)
        return self.y

    def forward(self, x: Array, training: bool) -> Array:
        """The outputs for inputs `(examples, …)`."""
        raise NotImplementedError

    def gradients(self, dy: Array) -> None:
        """Fill the gradients of the layer's own parameters; before `backward`, as that may build on them."""

    def backward(self, dy: Array) -> Array:
        """The gradient with respect to the inputs of the last `forward`."""
        raise NotImplementedError


class Reshape(Layer):
    """The same numbers in another shape: (examples, rows, columns) → (examples, rows · columns), for instance."""

    def __init__(self, output_shape: tuple[int, ...]) -> None:
        self.output_shape = output_shape

    def prepare(self, x: Array) -> Array:
        self.dx = np.empty_like(x)
        return x.reshape(len(x), *self.output_shape)

    def forward(self, x: Array, training: bool) -> Array:
        return x.reshape(len(x), *self.output_shape)

    def backward(self, dy: Array) -> Array:
        self.dx[:] = dy.reshape(self.dx.shape)
        return self.dx


class Linear(Layer):
    """y = x Wᵀ + b, and back: dW = dyᵀ x, db = Σ dy over the examples, dx = dy W.

    W lies in memory as (outputs, inputs): measured, both products with it are a third faster than with Wᵀ.
    """

    weight: Array  # (outputs, inputs)
    bias: Array  # (outputs,)
    weight_gradient: Array
    bias_gradient: Array

    def __init__(self, inputs: int, outputs: int) -> None:
        self.shapes = {"weight": (outputs, inputs), "bias": (outputs,)}

    def prepare(self, x: Array) -> Array:
        self.y = np.empty((len(x), len(self.bias)), x.dtype)
        self.dx = np.empty_like(x)
        self.ones = np.ones(len(x), x.dtype)
        return self.y

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x  # (examples, inputs)
        np.matmul(x, self.weight.T, out=self.y)  # (examples, outputs)
        self.y += self.bias
        return self.y

    def gradients(self, dy: Array) -> None:
        np.matmul(dy.T, self.x, out=self.weight_gradient)
        np.matmul(self.ones, dy, out=self.bias_gradient)  # a sum over the examples, faster than np.sum

    def backward(self, dy: Array) -> Array:
        return np.matmul(dy, self.weight, out=self.dx)


class Dropout(Layer):
    """y = x · m with a random mask m: 0 with probability p, else 1 / (1 − p); and back: dx = dy · m.

    In evaluation y = x (Srivastava et al. 2014, JMLR 15:1929; the scaling at training time is "inverted dropout").
    """

    def __init__(self, probability: float, masks: MaskStream) -> None:
        self.probability = probability
        self.masks = masks

    def prepare(self, x: Array) -> Array:
        self.mask = np.empty(x.shape, np.float32)
        return super().prepare(x)

    def forward(self, x: Array, training: bool) -> Array:
        self.active = training and self.probability > 0
        if not self.active:
            return x
        self.masks.draw(x.shape, self.probability, out=self.mask)
        return np.multiply(x, self.mask, out=self.y)

    def backward(self, dy: Array) -> Array:
        return np.multiply(dy, self.mask, out=self.dx) if self.active else dy
