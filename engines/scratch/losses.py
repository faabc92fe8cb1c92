"""Losses: how wrong the logits are, and the gradient that the backward pass starts from.

Labels come as targets, one row of numbers for each example: `targets = loss.targets(classes)[labels]`.
"""

import numpy as np

from engines.interface import Array


def softmax(logits: Array) -> Array:
    """pᵢ = exp(zᵢ) / Σⱼ exp(zⱼ) for each row; taking the maximum off first changes nothing but cannot overflow."""
    p = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    np.exp(p, out=p)
    p /= np.add.reduce(p, axis=1, keepdims=True)
    return p


class SoftmaxCrossEntropy:
    """−Σ t · log softmax(z) for each example; the gradient of the mean is (softmax(z) − t) / examples."""

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = label_smoothing

    def targets(self, classes: int) -> Array:
        """A row for each label: 1 for itself and 0 for others, mixed with ε parts of 1 / classes for all.

        Label smoothing: Szegedy et al. 2016, arXiv:1512.00567.
        """
        table = (1 - self.label_smoothing) * np.eye(classes) + self.label_smoothing / classes
        return table.astype(np.float32)

    def values(self, logits: Array, targets: Array) -> Array:
        """The loss of each example, `(examples,)`: log Σ exp(z) − Σ t · z, as the targets of a row sum to 1."""
        z = logits - np.maximum.reduce(logits, axis=1, keepdims=True)  # (examples, classes)
        return np.log(np.exp(z).sum(axis=1)) - (targets * z).sum(axis=1)

    def gradient(self, logits: Array, targets: Array) -> Array:
        """The gradient of the mean loss with respect to the logits, `(examples, classes)`."""
        dz = softmax(logits)
        dz -= targets
        dz /= len(dz)
        return dz
