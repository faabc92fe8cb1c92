"""Layers that slide a window over pictures `(examples, channels, rows, columns)`: convolution and pooling.

All three look at a picture place by place of the window: the numbers that stand at place (i, j) of every window
are one strided view of the picture. In memory a batch is (channels, rows, columns, examples) here.
"""

import numpy as np

from engines.interface import Array
from engines.scratch.layers import Layer, batch_last


class Sliding(Layer):
    """What convolution and pooling share: padded pictures, and their views place by place."""

    def __init__(self, kernel: int, stride: int, padding: int, outside: float = 0.0) -> None:
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.outside = outside  # the value of the padding

    def prepare(self, x: Array) -> Array:
        examples, channels, rows, columns = pictures(x).shape
        edge = 2 * self.padding
        padded_shape = (channels, rows + edge, columns + edge, examples)
        self.windows = (self._windows(rows), self._windows(columns))
        padded, dpadded = np.full(padded_shape, self.outside, x.dtype), np.zeros(padded_shape, x.dtype)
        self.inside = self._inside(padded)
        self.places = self._places(padded)  # kernel² views (channels, *windows, examples)
        self.dpadded, self.dplaces = dpadded, self._places(dpadded)
        self.dx = np.moveaxis(self._inside(dpadded), -1, 0).reshape(x.shape)
        self.y = batch_last((examples, self.channels_out(channels), *self.windows), x.dtype)
        return self.y

    def channels_out(self, channels: int) -> int:
        """How many channels the outputs have."""
        return channels

    def pad(self, x: Array) -> None:
        """Put a batch where the `places` look at it."""
        self.inside[...] = np.moveaxis(pictures(x), 0, -1)

    def _windows(self, size: int) -> int:
        return (size + 2 * self.padding - self.kernel) // self.stride + 1

    def _inside(self, padded: Array) -> Array:
        edge = slice(self.padding, -self.padding or None)
        return padded[:, edge, edge]

    def _places(self, padded: Array) -> list[Array]:
        rows, columns = (self.stride * windows for windows in self.windows)
        step, places = self.stride, range(self.kernel)
        return [padded[:, i : i + rows : step, j : j + columns : step] for i in places for j in places]


def pictures(x: Array) -> Array:
    """`(examples, channels, rows, columns)`, also of grey pictures `(examples, rows, columns)`."""
    return x if x.ndim == 4 else x[:, np.newaxis]


class AvgPool2d(Sliding):
    """y = the mean of each window, padding included; back: dy / kernel² for every place of the window."""

    def forward(self, x: Array, training: bool) -> Array:
        self.pad(x)
        y = np.moveaxis(self.y, 0, -1)  # (channels, *windows, examples)
        y[...] = 0
        for place in self.places:
            y += place
        y /= self.kernel**2
        return self.y

    def backward(self, dy: Array) -> Array:
        share = np.moveaxis(dy, 0, -1) / self.kernel**2
        self.dpadded[...] = 0
        for dplace in self.dplaces:
            dplace += share
        return self.dx


class MaxPool2d(Sliding):
    """y = the largest number of each window; back: dy for the place where it was found, the first of equals."""

    def __init__(self, kernel: int, stride: int, padding: int) -> None:
        super().__init__(kernel, stride, padding, outside=-np.inf)

    def prepare(self, x: Array) -> Array:
        y = super().prepare(x)
        self.winner = np.empty(self.places[0].shape, np.int16)  # the number of the place
        self.here = np.empty(self.places[0].shape, bool)
        return y

    def forward(self, x: Array, training: bool) -> Array:
        self.pad(x)
        y = np.moveaxis(self.y, 0, -1)  # (channels, *windows, examples)
        y[...], self.winner[...] = self.places[0], 0
        for number, place in enumerate(self.places[1:], 1):
            np.greater(place, y, out=self.here)
            np.copyto(self.winner, number, where=self.here)
            np.maximum(place, y, out=y)
        return self.y

    def backward(self, dy: Array) -> Array:
        dy = np.moveaxis(dy, 0, -1)
        self.dpadded[...] = 0
        for number, dplace in enumerate(self.dplaces):
            np.equal(self.winner, number, out=self.here)
            dplace += dy * self.here
        return self.dx

    def pieces(self) -> Array:
        return self.winner.copy()


class Conv2d(Sliding):
    """y = W ⋆ x + b: each output is the product of W with one window (LeCun et al. 1998, Proc. IEEE 86:2278).

    im2col (Chellapilla et al. 2006): copy the windows out side by side, and the convolution is one matrix product:
    Y = W C + b, and back: dW = dY Cᵀ, db = Σ dY, dC = Wᵀ dY, which is added up where the windows overlap.
    """

    weight: Array  # (outputs, channels, kernel, kernel)
    bias: Array  # (outputs,)
    weight_gradient: Array
    bias_gradient: Array

    def __init__(self, channels: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__(kernel, stride, padding)
        self.shapes = {"weight": (outputs, channels, kernel, kernel), "bias": (outputs,)}

    def channels_out(self, channels: int) -> int:
        return len(self.bias)

    def prepare(self, x: Array) -> Array:
        y = super().prepare(x)
        shape = self.places[0].shape  # (channels, *windows, examples)
        columns = np.empty((shape[0], self.kernel**2, *shape[1:]), x.dtype)
        dcolumns = np.empty_like(columns)
        rows = shape[0] * self.kernel**2
        self.columns, self.dcolumns = columns.reshape(rows, -1), dcolumns.reshape(rows, -1)
        self.column = [columns[:, place] for place in range(self.kernel**2)]
        self.dcolumn = [dcolumns[:, place] for place in range(self.kernel**2)]
        self.flat_y = np.moveaxis(y, 0, -1).reshape(len(self.bias), -1)
        self.ones = np.ones(self.flat_y.shape[1], x.dtype)
        return y

    def forward(self, x: Array, training: bool) -> Array:
        self.pad(x)
        for column, place in zip(self.column, self.places, strict=True):
            column[...] = place
        np.matmul(self.flat_weight, self.columns, out=self.flat_y)  # (outputs, windows · examples)
        self.flat_y += self.bias[:, np.newaxis]
        return self.y

    @property
    def flat_weight(self) -> Array:
        """W as (outputs, channels · kernel²)."""
        return self.weight.reshape(len(self.bias), -1)

    def gradients(self, dy: Array) -> None:
        self.flat_dy = np.moveaxis(dy, 0, -1).reshape(len(self.bias), -1)
        np.matmul(self.flat_dy, self.columns.T, out=self.weight_gradient.reshape(len(self.bias), -1))
        np.matmul(self.flat_dy, self.ones, out=self.bias_gradient)

    def backward(self, dy: Array) -> Array:
        np.matmul(self.flat_weight.T, self.flat_dy, out=self.dcolumns)
        self.dpadded[...] = 0
        for dplace, dcolumn in zip(self.dplaces, self.dcolumn, strict=True):
            dplace += dcolumn
        return self.dx
