"""Activations: functions of each number on its own, y = f(x), and back: dx = dy · f′(x)."""

import math

import numpy as np

from engines.interface import Array
from engines.scratch.layers import Layer


class ReLU(Layer):
    """f(x) = max(x, 0); f′ = 1 where x > 0, else 0 (Nair & Hinton 2010, ICML)."""

    def forward(self, x: Array, training: bool) -> Array:
        return np.maximum(x, 0, out=self.y)

    def backward(self, dy: Array) -> Array:
        np.sign(self.y, out=self.dx)  # f′, as y is never negative
        self.dx *= dy
        return self.dx

    def pieces(self) -> Array:
        return self.y > 0


class LeakyReLU(Layer):
    """f(x) = x where x > 0, else slope · x; f′ = 1 or slope (Maas et al. 2013, ICML)."""

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def prepare(self, x: Array) -> Array:
        self.positive = np.empty_like(x, dtype=bool)
        return super().prepare(x)

    def forward(self, x: Array, training: bool) -> Array:
        np.greater(x, 0, out=self.positive)
        np.multiply(x, self.slope, out=self.y)
        np.copyto(self.y, x, where=self.positive)
        return self.y

    def backward(self, dy: Array) -> Array:
        np.multiply(dy, self.slope, out=self.dx)
        np.copyto(self.dx, dy, where=self.positive)
        return self.dx

    def pieces(self) -> Array:
        return self.positive.copy()


class Tanh(Layer):
    """f(x) = tanh x; f′ = 1 − y²."""

    def forward(self, x: Array, training: bool) -> Array:
        return np.tanh(x, out=self.y)

    def backward(self, dy: Array) -> Array:
        np.multiply(self.y, self.y, out=self.dx)
        np.subtract(1, self.dx, out=self.dx)
        self.dx *= dy
        return self.dx


class Sigmoid(Layer):
    """f(x) = 1 / (1 + exp(−x)) = (1 + tanh(x / 2)) / 2, which cannot overflow; f′ = y (1 − y)."""

    def forward(self, x: Array, training: bool) -> Array:
        np.multiply(x, 0.5, out=self.y)
        np.tanh(self.y, out=self.y)
        self.y += 1
        self.y *= 0.5
        return self.y

    def backward(self, dy: Array) -> Array:
        np.subtract(1, self.y, out=self.dx)
        self.dx *= self.y
        self.dx *= dy
        return self.dx


class GELU(Layer):
    """f(x) = x Φ(x), Φ being the normal distribution; f′ = Φ + x φ (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        self.phi = ((1 + erf(x / math.sqrt(2))) / 2).astype(x.dtype)  # Φ(x)
        return np.multiply(x, self.phi, out=self.y)

    def backward(self, dy: Array) -> Array:
        density = np.exp(self.x * self.x / -2) / math.sqrt(2 * math.pi)  # φ(x)
        np.multiply(self.x, density, out=self.dx)
        self.dx += self.phi
        self.dx *= dy
        return self.dx


# NumPy has no error function: a table of its values, and between them five terms of its Taylor series.
# With h the distance from the nearest entry a: erf(a + h) = erf a + 2 / √π · exp(−a²) · Σ cᵢ(a) hⁱ.
_SPACING, _END = 1 / 64, 6.0  # erf 6 is 1 to the last digit of a float64
_A = np.arange(0, _END + _SPACING, _SPACING)
_ERF = np.array([math.erf(a) for a in _A])
_SERIES = (2 / math.sqrt(math.pi) * np.exp(-_A * _A)) * np.array(
    [np.ones_like(_A), -_A, (2 * _A**2 - 1) / 3, (3 * _A - 2 * _A**3) / 6, (4 * _A**4 - 12 * _A**2 + 3) / 30]
)  # (terms, entries)


def erf(x: Array) -> Array:
    """The error function 2 / √π ∫₀ˣ exp(−t²) dt, in float64 and to within 1e-13."""
    size = np.minimum(np.abs(x, dtype=np.float64), _END)
    nearest = np.nan_to_num(size / _SPACING + 0.5).astype(np.intp)
    h = size - _A[nearest]
    series = np.zeros_like(h)
    for coefficients in _SERIES[::-1]:  # Horner's scheme
        series = (series + coefficients[nearest]) * h
    return np.copysign(_ERF[nearest] + series, x)
