"""The layers of a network, from the simplest to the most complex; convolutions have a file of their own.

A layer turns inputs x into outputs y, and the gradient of the loss with respect to y (`dy`) into the one with
respect to x (`dx`). An array that begins with `d` is such a gradient, and has the shape of what it belongs to.
"""

from collections.abc import Mapping

import numpy as np

from engines.interface import Array
from engines.masks import MaskStream


def batch_last(shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """An empty array `(examples, …)` in which the numbers of all examples for one unit lie side by side in memory.

    Batches are longer than layers are deep: so sums over classes, windows of a picture and the products with W
    all run along contiguous memory (measured: the reductions of softmax twice, im2col ten times as fast).
    """
    return np.moveaxis(np.empty((*shape[1:], shape[0]), dtype), -1, 0)


class Layer:
    """What all layers have in common.

    `prepare` makes every buffer that a layer writes to; `forward` and `backward` fill them again at each step, so
    that training allocates next to nothing. Copy what they return if it is to outlive the next step.
    """

    shapes: Mapping[str, tuple[int, ...]] = {}  # of the parameters by name; the network makes the arrays
    statistics: Mapping[str, tuple[int, ...]] = {}  # the same for what is learned without a gradient

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

    def pieces(self) -> Array | None:
        """Where f has kinks: on which smooth piece each number of the last `forward` was. No training needs it."""
        return None


class Flatten(Layer):
    """(examples, rows, columns) → (examples, rows · columns): the same numbers in another shape."""

    def prepare(self, x: Array) -> Array:
        self.dx = np.empty_like(x)
        return x.reshape(len(x), -1)

    def forward(self, x: Array, training: bool) -> Array:
        return x.reshape(len(x), -1)

    def backward(self, dy: Array) -> Array:
        return dy.reshape(self.dx.shape)


class Linear(Layer):
    """y = x Wᵀ + b; back: dW = dyᵀ x, db = Σ dy over the examples, dx = dy W."""

    weight: Array  # (outputs, inputs)
    bias: Array  # (outputs,)
    weight_gradient: Array
    bias_gradient: Array

    def __init__(self, inputs: int, outputs: int) -> None:
        self.shapes = {"weight": (outputs, inputs), "bias": (outputs,)}

    def prepare(self, x: Array) -> Array:
        self.y = batch_last((len(x), len(self.bias)), x.dtype)
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
        np.dot(self.ones, dy, out=self.bias_gradient)  # a sum over the examples, twice as fast as np.sum

    def backward(self, dy: Array) -> Array:
        return np.matmul(dy, self.weight, out=self.dx)


class Dropout(Layer):
    """y = x · m with a random mask m: 0 with probability p, else 1 / (1 − p); back: dx = dy · m.

    In evaluation y = x (Srivastava et al. 2014, JMLR 15:1929; scaling while training is "inverted dropout").
    """

    def __init__(self, probability: float, masks: MaskStream) -> None:
        self.probability = probability
        self.masks = masks

    def prepare(self, x: Array) -> Array:
        self.mask = np.empty(x.shape, np.float32)
        self.kept = np.empty_like(x, dtype=bool)
        return super().prepare(x)

    def forward(self, x: Array, training: bool) -> Array:
        self.active = training and self.probability > 0
        if not self.active:
            return x
        mask = self.masks.draw(x.shape, self.probability, out=self.mask)
        self.scale = mask.max()
        self.kept[...] = mask.astype(bool)  # in x's own memory order: bytes change theirs ten times as fast as floats
        return self._masked(x, self.y)

    def backward(self, dy: Array) -> Array:
        return self._masked(dy, self.dx) if self.active else dy

    def _masked(self, x: Array, out: Array) -> Array:
        np.multiply(x, self.kept, out=out)
        out *= self.scale
        return out


class BatchNorm(Layer):
    """y = γ x̂ + β with x̂ = (x − μ) / √(σ² + eps) for each channel (Ioffe & Szegedy 2015, arXiv:1502.03167).

    μ and σ² are taken over the batch, and over rows and columns where there are any; evaluation takes their
    running means instead: r ← (1 − momentum) · r + momentum · μ, and the same for the unbiased σ².
    Back, with m numbers in a channel: dβ = Σ dy, dγ = Σ dy x̂, dx = γ / σ · (dy − dβ / m − x̂ dγ / m).
    """

    weight: Array  # γ (channels,)
    bias: Array  # β (channels,)
    weight_gradient: Array
    bias_gradient: Array
    running_mean: Array
    running_var: Array

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        self.eps, self.momentum = eps, momentum
        self.shapes = {"weight": (channels,), "bias": (channels,)}
        self.statistics = {"running_mean": (channels,), "running_var": (channels,)}

    def prepare(self, x: Array) -> Array:
        self.axes = (0, *range(2, x.ndim))  # all but the channels
        self.wide = (-1, *(1 for _ in x.shape[2:]))  # a number for each channel as (channels, 1, 1)
        self.normal = np.empty_like(x)  # x̂
        return super().prepare(x)

    def forward(self, x: Array, training: bool) -> Array:
        self.training = training
        mean, variance = self._measured(x) if training else (self.running_mean, self.running_var)
        self.scale = (1 / np.sqrt(variance + self.eps)).astype(x.dtype).reshape(self.wide)  # 1 / σ
        np.subtract(x, mean.astype(x.dtype).reshape(self.wide), out=self.normal)
        self.normal *= self.scale
        np.multiply(self.normal, self.weight.reshape(self.wide), out=self.y)
        self.y += self.bias.reshape(self.wide)
        return self.y

    def _measured(self, x: Array) -> tuple[Array, Array]:
        """Mean and variance of each channel of a batch, after they were added to the running ones."""
        m = x.size // x.shape[1]
        if m < 2:
            raise ValueError("batch-norm wants more than one example to train on")
        mean, variance = x.mean(self.axes), x.var(self.axes)  # (channels,) each
        for running, now in ((self.running_mean, mean), (self.running_var, variance * (m / (m - 1)))):
            running *= 1 - self.momentum
            running += self.momentum * now
        return mean, variance

    def gradients(self, dy: Array) -> None:
        np.sum(dy, axis=self.axes, out=self.bias_gradient)
        np.sum(np.multiply(dy, self.normal, out=self.dx), axis=self.axes, out=self.weight_gradient)

    def backward(self, dy: Array) -> Array:
        if not self.training:
            return np.multiply(dy, self.scale * self.weight.reshape(self.wide), out=self.dx)
        m = dy.size // dy.shape[1]
        np.multiply(self.normal, self.weight_gradient.reshape(self.wide) / -m, out=self.dx)
        self.dx -= self.bias_gradient.reshape(self.wide) / m
        self.dx += dy
        self.dx *= self.scale * self.weight.reshape(self.wide)
        return self.dx
