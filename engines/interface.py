"""The contract between an engine and whoever trains with it, on one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engines.config import NetworkConfig, OptimizerConfig

Array = np.ndarray


@dataclass(frozen=True)
class Dataset:
    """The examples of one split, as they are stored; a network sees `(inputs - shift) * factor` in float32."""

    inputs: Array  # (examples, rows, columns) or (examples, features), uint8 or float32
    labels: Array  # (examples,) int64 in [0, classes)
    classes: int
    shift: float = 0.0
    factor: float = 1.0

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Metrics:
    """What was measured on each of the batches of one call, in their order."""

    losses: Array  # (batches,) float64: mean loss over the examples of the batch
    wrong: Array  # (batches,) int64: how many examples were predicted wrongly
    examples: Array  # (batches,) int64

    @property
    def loss(self) -> float:
        """Mean loss over all examples."""
        return float(np.dot(self.losses, self.examples) / self.examples.sum())

    @property
    def error(self) -> float:
        """Fraction of all examples that was predicted wrongly."""
        return float(self.wrong.sum() / self.examples.sum())


@dataclass(frozen=True)
class Trace:
    """What flows through a network for some examples, with dropout off: the raw material of every inspection."""

    activations: Mapping[str, Array]  # layer name → its output, (examples, …) float32, in the network's order
    gradients: Mapping[str, Array]  # parameter name → gradient of the mean loss, shaped as the parameter
    loss: float


class Learner(Protocol):
    """A network, its optimizer, its random state and its data, on one device."""

    def train(self, order: Array, batch_size: int) -> Metrics:
        """Do one optimizer step for each `batch_size` of `order`, indices into the training split.

        The last batch may be smaller. However a sequence is cut into calls, at multiples of
        `batch_size`, the weights that result are the same bits.
        """
        ...

    def evaluate(self, split: str, batch_size: int = 1000) -> Metrics:
        """Measure loss and errors on a whole split, dropout off; changes nothing."""
        ...

    def predict(self, inputs: Array) -> Array:
        """Logits `(examples, classes)` float32 for inputs stored as the training split's are; dropout off."""
        ...

    def trace(self, inputs: Array, labels: Array) -> Trace:
        """Forward and backward once with dropout off; changes nothing."""
        ...

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        """Go on with other settings of the same optimizer, and another dropout probability."""
        ...

    def state_dict(self) -> dict[str, Array]:
        """A copy of all that training changes; the names and shapes are the same for every engine.

        `linear1.weight` (outputs, inputs), `conv2d1.weight` (outputs, inputs, rows, columns), `….bias`;
        `optimizer.step` () int64 and `optimizer.<parameter>.<torch.optim's name>` as the parameter;
        `random.masks` (n,) uint64, the state of the dropout masks.
        """
        ...

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Go on from a `state_dict` of any engine; `ValueError` names what is missing, unknown or misshapen."""
        ...


class Engine(Protocol):
    """Builds learners. Constructing an engine and asking it what it needs imports no heavy library."""

    name: str
    summary: str  # one line

    def missing(self) -> str | None:
        """None where the engine can be used; else one sentence that says what to install."""
        ...

    def devices(self) -> tuple[str, ...]:
        """Where it can train; the first is the default. May import the heavy library."""
        ...

    def build(
        self,
        network: NetworkConfig,
        optimizer: OptimizerConfig,
        *,
        splits: Mapping[str, Dataset],
        seed: int,
        device: str = "cpu",
        threads: int = 1,
        steps: int = 0,
    ) -> Learner:
        """A learner at its initial weights, the same for the same `seed` on every engine.

        `splits` holds `training`, and what else is to be evaluated. `steps` is how many steps the caller
        expects to ask for (0: unknown); an engine may compile where that is worth it.
        `ValueError` says in one line what in the configs or data cannot be.
        """
        ...
