"""Checks backpropagation against central differences, (L(w + h) − L(w − h)) / 2h, in float64."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engines.config import NetworkConfig
from engines.interface import Array
from engines.masks import MaskStream
from engines.scratch.layers import Layer
from engines.scratch.losses import make_loss
from engines.scratch.network import build_network

H = 1e-5  # the cube root of float64's precision: below it rounding costs more than curvature does above
ENTRIES = 25  # numbers of a parameter that are tried
SMALL = 1e-4  # errors of gradients smaller than this are measured against this: the loss is not known well enough


@dataclass(frozen=True)
class GradientCheck:
    """How well the gradient of one parameter agrees with central differences."""

    layer: str
    parameter: str
    shape: tuple[int, ...]
    checked: int  # how many of its numbers were tried, at random
    kinks: int  # how many more were tried, but moved an activation across a kink, where there is no gradient
    error: float  # largest difference, relative to the largest gradient among those tried


def check_gradients(
    network: NetworkConfig, *, inputs: Array, labels: Array, classes: int, seed: int
) -> list[GradientCheck]:
    """Check every parameter of a network close to its initial values, a row for each, in the network's order.

    `inputs` `(examples, …)` as the network sees them, that is scaled; `labels` `(examples,)`. Batch-norm and
    dropout are as in training, the masks the same for every difference. A handful of examples is enough.
    """
    masks = MaskStream(seed)
    ours = build_network(network, inputs.shape[1:], classes, seed=seed, masks=masks, dtype=np.float64)
    loss, start, x = make_loss(network), masks.state(), inputs.astype(np.float64)
    targets = loss.targets(labels, classes, np.float64)
    rng = np.random.default_rng(seed)
    ours.values += rng.normal(0, 0.01, ours.values.shape)  # with a bias of 0, blank pixels stand on a ReLU's kink

    def logits() -> Array:
        masks.set_state(start)
        return ours.forward(x, training=True)

    def mean_loss() -> float:
        return float(loss.values(logits(), targets).mean())

    ours.backward(loss.gradient(logits(), targets))
    gradients = {name: part.copy() for name, part in ours.named(ours.gradients).items()}
    return [
        compare(name, value, gradients[name], mean_loss, list(ours.layers.values()), rng)
        for name, value in ours.parameters.items()
    ]


def compare(
    name: str,
    value: Array,
    gradient: Array,
    mean_loss: Callable[[], float],
    layers: Sequence[Layer],
    rng: np.random.Generator,
) -> GradientCheck:
    """Try some of the numbers of `value`, an array that `mean_loss` depends on; it is left as it was."""
    tried = rng.permutation(value.size)[:ENTRIES]
    slopes = [slope(value, index, mean_loss, layers) for index in tried]
    pairs = [(s, g) for s, g in zip(slopes, gradient.flat[tried], strict=True) if s is not None]
    numeric, ours = np.array(pairs).reshape(-1, 2).T
    layer, _, parameter = name.rpartition(".")
    return GradientCheck(
        layer, parameter, value.shape, len(pairs), len(slopes) - len(pairs), relative_error(ours, numeric)
    )


def slope(array: Array, index: int, f: Callable[[], float], layers: Sequence[Layer] = ()) -> float | None:
    """The central difference of `f` by one number of `array`; None where it takes a layer across a kink."""
    before = array.flat[index]
    values, sides = [], []
    for moved in (before + H, before - H):
        array.flat[index] = moved
        values.append(f())
        sides.append([layer.pieces() for layer in layers])
    array.flat[index] = before
    smooth = all(np.array_equal(a, b) for a, b in zip(*sides, strict=True) if a is not None)
    return (values[0] - values[1]) / (2 * H) if smooth else None


def relative_error(a: Array, b: Array) -> float:
    """max |a − b| / max(|a|, |b|, SMALL)."""
    scale = max(np.abs(a).max(initial=SMALL), np.abs(b).max(initial=SMALL))
    return float(np.abs(a - b).max(initial=0) / scale)
