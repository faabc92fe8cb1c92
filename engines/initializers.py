"""Initial values of the parameters, from our own seeded generator, so that every engine starts alike."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from engines.interface import Array
from engines.networks import Layer

Draw = Callable[[np.random.Generator, tuple[int, ...], tuple[int, ...]], tuple[Array, Array]]


def initial_parameters(layers: Sequence[Layer], initializer: str, seed: int) -> dict[str, Array]:
    """Every parameter and buffer of a network by name, float32; a pure function of its arguments."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 0x1A])))
    values: dict[str, Array] = {}
    for layer in layers:
        if layer.kind in ("linear", "conv2d"):
            shape = layer.weight_shape
            weight, bias = INITIALIZERS[initializer](rng, shape, shape[:1])
            values[f"{layer.name}.weight"] = np.ascontiguousarray(weight, dtype=np.float32)
            values[f"{layer.name}.bias"] = np.ascontiguousarray(bias, dtype=np.float32)
        elif layer.kind == "batch-norm":
            channels = layer.input_shape[0]
            values[f"{layer.name}.weight"] = np.ones(channels, np.float32)
            values[f"{layer.name}.bias"] = np.zeros(channels, np.float32)
            values[f"{layer.name}.running_mean"] = np.zeros(channels, np.float32)
            values[f"{layer.name}.running_var"] = np.ones(channels, np.float32)
    return values


def fan_in(shape: tuple[int, ...]) -> int:
    """How many inputs feed one output of a weight `(outputs, inputs, …)`."""
    return math.prod(shape[1:])


def unit_norm(rng: np.random.Generator, weight: tuple[int, ...], bias: tuple[int, ...]) -> tuple[Array, Array]:
    """Gaussian, divided by its L2 norm: the spectral norm for the matrix, the Euclidean for the bias."""
    w = rng.standard_normal(weight)
    b = rng.standard_normal(bias)
    return w / np.linalg.norm(w.reshape(len(w), -1), 2), b / np.linalg.norm(b)


def he(rng: np.random.Generator, weight: tuple[int, ...], bias: tuple[int, ...]) -> tuple[Array, Array]:
    """N(0, 2 / fan_in), bias 0 (He et al. 2015, arXiv:1502.01852)."""
    return rng.normal(0, np.sqrt(2 / fan_in(weight)), weight), np.zeros(bias)


def glorot(rng: np.random.Generator, weight: tuple[int, ...], bias: tuple[int, ...]) -> tuple[Array, Array]:
    """U(±√(6 / (fan_in + fan_out))), bias 0 (Glorot & Bengio 2010, AISTATS)."""
    fan_out = weight[0] * math.prod(weight[2:])
    bound = np.sqrt(6 / (fan_in(weight) + fan_out))
    return rng.uniform(-bound, bound, weight), np.zeros(bias)


def pytorch(rng: np.random.Generator, weight: tuple[int, ...], bias: tuple[int, ...]) -> tuple[Array, Array]:
    """U(±1/√fan_in) for both: the default of `torch.nn.Linear` and `torch.nn.Conv2d`."""
    bound = 1 / np.sqrt(fan_in(weight))
    return rng.uniform(-bound, bound, weight), rng.uniform(-bound, bound, bias)


def zeros(rng: np.random.Generator, weight: tuple[int, ...], bias: tuple[int, ...]) -> tuple[Array, Array]:
    """All zero, to see why not: every unit of a hidden layer then stays the twin of every other."""
    return np.zeros(weight), np.zeros(bias)


INITIALIZERS: dict[str, Draw] = {
    "unit-norm": unit_norm,
    "he": he,
    "glorot": glorot,
    "pytorch": pytorch,
    "zeros": zeros,
}
