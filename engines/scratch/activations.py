"""Activations: functions of each number on its own, y = f(x), and back: dx = dy · f′(x)."""

import numpy as np

from engines.interface import Array
from engines.scratch.layers import Layer


class ReLU(Layer):
    """y = max(x, 0); dx = dy where x > 0, else 0 (Nair & Hinton 2010, ICML)."""

    def prepare(self, x: Array) -> Array:
        self.positive = np.empty_like(x, dtype=bool)
        return super().prepare(x)

    def forward(self, x: Array, training: bool) -> Array:
        return np.maximum(x, 0, out=self.y)

    def backward(self, dy: Array) -> Array:
        np.greater(self.y, 0, out=self.positive)
        return np.multiply(dy, self.positive, out=self.dx)
