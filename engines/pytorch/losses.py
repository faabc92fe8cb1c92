"""The losses by name, each the mean over a batch."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from engines.config import LOSSES, NetworkConfig

Loss = Callable[[Tensor, Tensor], Tensor]


def make_loss(network: NetworkConfig) -> Loss:
    """A function of logits `(batch, classes)` and labels `(batch,)` to the mean loss `()`."""
    smoothing = network.label_smoothing
    if not 0 <= smoothing < 1:
        raise ValueError(f"label smoothing must be at least 0 and below 1, not {smoothing}")

    def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
        if smoothing:
            return functional.cross_entropy(logits, labels, label_smoothing=smoothing)
        # the same, but along the memory of the logits, where linear layers put the examples side by side
        return functional.nll_loss(torch.log_softmax(logits.t(), 0).t(), labels)

    def mean_squared_error(logits: Tensor, labels: Tensor) -> Tensor:
        classes = logits.shape[1]
        targets = torch.eye(classes, device=labels.device)[labels] * (1 - smoothing) + smoothing / classes
        return functional.mse_loss(logits, targets)

    losses = {"cross-entropy": cross_entropy, "mean-squared-error": mean_squared_error}
    if network.loss not in losses:
        raise ValueError(f"unknown loss {network.loss!r}: choose from {', '.join(LOSSES)}")
    return losses[network.loss]
