"""One training step: forward, backward by autograd, update; recorded once for each shape of batch, then played."""

import logging
from collections.abc import Hashable, Mapping, Sequence

import torch
from torch import Tensor

from engines.config import OptimizerConfig
from engines.pytorch.losses import Loss
from engines.pytorch.network import Network
from engines.pytorch.optimizers import Optimizer, adam, bias_corrections, numbers_at
from engines.pytorch.state import TrainingState
from engines.pytorch.tape import Tape, record

log = logging.getLogger(__name__)


class TrainingStep:
    """Trains a network by one batch at a time, and counts."""

    def __init__(self, network: Network, loss: Loss, optimizer: Optimizer, state: TrainingState) -> None:
        self._network, self._loss, self._optimizer, self._state = network, loss, optimizer, state
        self._dropouts = network.dropouts()
        self._device = state.parameters[0].device
        self._one = torch.ones((), device=self._device)
        self._numbers = {name: torch.zeros((), device=self._device) for name in numbers_at(1, OptimizerConfig())}
        self._tapes: dict[Hashable, Tape | None] = {}

    def set(self, settings: OptimizerConfig) -> None:
        """Go on with these settings; what they leave as it was is not recorded again."""
        self._settings = settings
        self._fill(numbers_at(1, settings))

    def take(self, inputs: Tensor, labels: Tensor) -> Sequence[Tensor]:
        """Logits `(batch, classes)` and loss `()` of a batch, both from before the update that this does."""
        masks = [
            dropout.draw(self._state.masks, len(labels)).to(self._device)
            for dropout in self._dropouts
            if dropout.probability
        ]
        self._state.step += 1
        if self._optimizer.rule is adam:
            self._fill(bias_corrections(self._state.step, self._settings))
        batch = (inputs, labels, *masks)
        tape = self._tape(batch)
        if tape:
            return tape.play(*batch)
        with torch.inference_mode(False):
            return self.eager(*(tensor.clone() for tensor in batch))

    def eager(self, inputs: Tensor, labels: Tensor, *masks: Tensor) -> tuple[Tensor, Tensor]:
        """Forward, backward and update, operation by operation; this is what is recorded."""
        hand_out = iter(masks)
        for dropout in self._dropouts:
            dropout.mask = next(hand_out) if dropout.probability else None
        parameters = self._state.parameters
        with torch.enable_grad():
            logits = self._network(inputs)
            loss = self._loss(logits, labels)
            gradients = torch.autograd.grad(loss, parameters, self._one)
        with torch.no_grad():
            self._optimizer.step(parameters, gradients, self._state.kept, self._numbers, self._settings)
        return logits.detach(), loss.detach()

    def _fill(self, numbers: Mapping[str, float]) -> None:
        for name, number in numbers.items():
            self._numbers[name].fill_(number)

    def _tape(self, batch: Sequence[Tensor]) -> Tape | None:
        """The recorded step for batches like this; None where it cannot be recorded."""
        key = self._key(batch[0])
        if key not in self._tapes:
            self._tapes[key] = self._record(batch)
        return self._tapes[key]

    def _key(self, inputs: Tensor) -> Hashable:
        """All that changes which operations a step consists of."""
        dropped = tuple(dropout.probability > 0 for dropout in self._dropouts)
        return (len(inputs), dropped, self._settings.clip_norm > 0, self._settings.weight_decay > 0)

    def _record(self, batch: Sequence[Tensor]) -> Tape | None:
        """Recording takes the step as well, so afterwards everything is put back."""
        with torch.inference_mode(False), self._state.restored():
            try:
                return record(self.eager, *(tensor.clone() for tensor in batch))
            except Exception as problem:  # a PyTorch whose private parts have changed: the step itself still works
                log.warning("training goes on unrecorded and slower: %s", problem)
                return None
