"""Losses: how wrong the logits are, and the gradient that the backward pass starts from.

Labels come as targets, one row of numbers for each example: see `Loss.targets`.
"""

import numpy as np

from engines.config import LOSSES, NetworkConfig
from engines.interface import Array


class Loss:
    """What both losses share: labels become targets, mixed with a little of all classes.

    Label smoothing ε: Szegedy et al. 2016, arXiv:1512.00567.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label smoothing must be at least 0 and below 1, not {label_smoothing}")
        self.label_smoothing = label_smoothing

    def targets(self, labels: Array, classes: int, dtype: type[np.floating] = np.float32) -> Array:
        """`(examples, classes)`: 1 − ε for the label, 0 for the others, and ε / classes on top for all."""
        smoothing = self.label_smoothing
        table = ((1 - smoothing) * np.eye(classes) + smoothing / classes).astype(dtype)
        return np.take(table, labels, axis=1).T

    def values(self, logits: Array, targets: Array) -> Array:
        """The loss of each example, `(examples,)`."""
        raise NotImplementedError

    def gradient(self, logits: Array, targets: Array) -> Array:
        """The gradient of the mean of `values` with respect to the logits, `(examples, classes)`."""
        raise NotImplementedError


class MeanSquaredError(Loss):
    """Σ (z − t)² / classes; its gradient is 2 (z − t) / (classes · examples)."""

    def values(self, logits: Array, targets: Array) -> Array:
        return np.square(logits - targets).mean(axis=1)

    def gradient(self, logits: Array, targets: Array) -> Array:
        dz = logits - targets
        dz *= 2 / dz.size
        return dz


class SoftmaxCrossEntropy(Loss):
    """−Σ t log softmax(z) = log Σ exp z − Σ t z; its gradient is (softmax(z) − t) / examples."""

    def values(self, logits: Array, targets: Array) -> Array:
        z = logits - np.maximum.reduce(logits, axis=1, keepdims=True)  # (examples, classes)
        target = np.add.reduce(targets * z, axis=1)
        return np.log(np.add.reduce(np.exp(z, out=z), axis=1)) - target

    def gradient(self, logits: Array, targets: Array) -> Array:
        dz = softmax(logits)
        dz -= targets
        dz *= 1 / len(dz)
        return dz


def softmax(logits: Array) -> Array:
    """pᵢ = exp zᵢ / Σⱼ exp zⱼ for each row; the largest z is taken off first: the same p, but no overflow."""
    p = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    np.exp(p, out=p)
    p /= np.add.reduce(p, axis=1, keepdims=True)
    return p


def make_loss(network: NetworkConfig) -> Loss:
    """The loss of a config; `ValueError` for an unknown name."""
    losses = {"cross-entropy": SoftmaxCrossEntropy, "mean-squared-error": MeanSquaredError}
    if network.loss not in losses:
        raise ValueError(f"unknown loss {network.loss!r}: choose from {', '.join(LOSSES)}")
    return losses[network.loss](network.label_smoothing)
