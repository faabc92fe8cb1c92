"""A network with its optimizer, its dropout masks and its data, trained slice by slice."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from threadpoolctl import ThreadpoolController

from engines.config import NetworkConfig, OptimizerConfig
from engines.interface import Array, Dataset, Metrics, Trace
from engines.masks import MaskStream
from engines.networks import resolve_network
from engines.scratch.batches import blocks_in_order, scaled, shuffled_blocks
from engines.scratch.checks import (
    check_batch_size,
    check_inputs,
    check_labels,
    check_order,
    check_splits,
    check_state,
    check_threads,
)
from engines.scratch.layers import Dropout, batch_last
from engines.scratch.losses import Loss, make_loss
from engines.scratch.network import build_network
from engines.scratch.optimizers import clip_gradient_norm, make_optimizer


class ScratchLearner:
    """See `engines.interface.Learner`."""

    def __init__(
        self,
        network: NetworkConfig,
        optimizer: OptimizerConfig,
        *,
        splits: Mapping[str, Dataset],
        seed: int,
        threads: int,
    ) -> None:
        check_splits(splits)
        check_threads(threads)
        self._splits, self._training = dict(splits), splits["training"]
        self._shape, self._classes = self._training.inputs.shape[1:], self._training.classes
        self._config, self._settings = network, optimizer
        self._masks = MaskStream(seed)
        self._network = build_network(network, self._shape, self._classes, seed=seed, masks=self._masks)
        self._loss = make_loss(network)
        self._optimizer = make_optimizer(optimizer, self._network.values, self._network.gradients)
        self._blas, self._threads = ThreadpoolController(), threads

    def train(self, order: Array, batch_size: int) -> Metrics:
        """One step for each batch of `order`; see `Learner.train`."""
        order, data = np.asarray(order), self._training
        check_batch_size(batch_size)
        check_order(order, len(data))
        labels = data.labels[order]
        targets = self._loss.targets(labels, self._classes)  # (examples, classes)
        logits = batch_last(targets.shape, np.dtype(np.float32))  # kept, to be measured all at once
        with self._quietly():
            for block, x in shuffled_blocks(data, order, batch_size):
                for first in range(0, len(x), batch_size):
                    batch = slice(block.start + first, block.start + first + batch_size)
                    self._step(x[first : first + batch_size], targets[batch], logits[batch])
            return measured(self._loss, logits, targets, labels, batch_size)

    def _step(self, x: Array, targets: Array, kept: Array) -> None:
        """Forward, backward, update; the logits that the step began with are copied to `kept`."""
        kept[...] = logits = self._network.forward(x, training=True)
        self._network.backward(self._loss.gradient(logits, targets))
        if self._settings.clip_norm:
            clip_gradient_norm(self._network.gradients, self._settings.clip_norm)
        self._optimizer.step()

    def evaluate(self, split: str, batch_size: int = 1000) -> Metrics:
        """Loss and errors on a whole split; see `Learner.evaluate`."""
        check_batch_size(batch_size)
        if split not in self._splits:
            raise ValueError(f"no split {split!r}: choose from {', '.join(self._splits)}")
        labels = self._splits[split].labels
        targets = self._loss.targets(labels, self._classes)
        with self._quietly():
            return measured(self._loss, self._logits(self._splits[split]), targets, labels, batch_size)

    def predict(self, inputs: Array) -> Array:
        """Logits `(examples, classes)`; see `Learner.predict`."""
        check_inputs("predict", inputs, self._shape)
        with self._quietly():
            return np.ascontiguousarray(self._logits(self._as_data(inputs)))

    def _as_data(self, inputs: Array) -> Dataset:
        """Inputs as a data set scaled as the training split is."""
        return replace(self._training, inputs=inputs, labels=np.zeros(len(inputs), np.int64))

    def _logits(self, data: Dataset) -> Array:
        """The logits of a whole data set, `(examples, classes)`, dropout off."""
        logits = batch_last((len(data), self._classes), np.dtype(np.float32))
        for block, x in blocks_in_order(data):
            logits[block] = self._network.forward(x)
        return logits

    def trace(self, inputs: Array, labels: Array) -> Trace:
        """Every layer's output and every parameter's gradient; see `Learner.trace`."""
        check_inputs("trace", inputs, self._shape)
        check_labels("trace", labels, len(inputs), self._classes)
        targets = self._loss.targets(labels, self._classes)
        with self._quietly():
            activations = self._network.activations(scaled(inputs, self._training, np.empty(inputs.shape, np.float32)))
            logits = list(activations.values())[-1]
            self._network.backward(self._loss.gradient(logits, targets))
            loss = float(self._loss.values(logits, targets).mean())
        gradients = self._network.named(self._network.gradients)
        return Trace(activations, {name: part.copy() for name, part in gradients.items()}, loss)

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        """Go on with other settings; see `Learner.change`."""
        if optimizer.name != self._settings.name:
            raise ValueError(f"a training keeps its optimizer: {self._settings.name}, not {optimizer.name}")
        config = replace(self._config, dropout=dropout)
        plan = resolve_network(config, self._shape, self._classes)
        changed = make_optimizer(optimizer, self._network.values, self._network.gradients)
        changed.state, changed.steps = self._optimizer.state, self._optimizer.steps
        self._config, self._settings, self._optimizer = config, optimizer, changed
        for layer in plan:
            ours = self._network.layers[layer.name]
            if isinstance(ours, Dropout):
                ours.probability = layer.arguments["probability"]

    def state_dict(self) -> dict[str, Array]:
        """A copy of all that training changes; see `Learner.state_dict`."""
        return {name: np.array(value) for name, value in self._state().items()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Go on from a state of any engine; see `Learner.load_state_dict`."""
        own = self._state()
        check_state(state, own)
        for name, value in own.items():
            value[...] = state[name]
        self._optimizer.steps = int(own["optimizer.step"])
        self._masks.set_state(own["random.masks"])

    def _state(self) -> dict[str, Array]:
        """All that training changes: the arrays themselves, and copies of the step and the masks' position."""
        state = self._network.parameters | self._network.statistics
        for kind, vector in self._optimizer.state.items():
            state |= {f"optimizer.{name}.{kind}": part for name, part in self._network.named(vector).items()}
        step = np.array(self._optimizer.steps, np.int64)
        return state | {"optimizer.step": step, "random.masks": self._masks.state()}

    @contextmanager
    def _quietly(self) -> Generator[None]:
        """With our number of threads, and without warnings: a training that diverges says so by its losses."""
        with self._blas.limit(limits=self._threads, user_api="blas"), np.errstate(all="ignore"):
            yield


def measured(loss: Loss, logits: Array, targets: Array, labels: Array, batch_size: int) -> Metrics:
    """The metrics of each batch, from the logits of all."""
    starts = np.arange(0, len(labels), batch_size)
    if not len(starts):
        return Metrics(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    examples = np.diff(starts, append=len(labels))
    losses = np.add.reduceat(loss.values(logits, targets), starts, dtype=np.float64) / examples
    wrong = np.add.reduceat(predictions(logits) != labels, starts, dtype=np.int64)
    return Metrics(losses, wrong, examples)


def predictions(logits: Array) -> Array:
    """The class of the largest logit of each row, the first of equals: argmax, four times as fast for few classes."""
    largest = np.maximum.reduce(logits, axis=1)
    found = np.zeros(len(logits), np.int64)
    for label in reversed(range(logits.shape[1])):
        np.copyto(found, label, where=logits[:, label] == largest)
    return found
