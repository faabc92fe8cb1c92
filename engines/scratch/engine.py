"""The from-scratch library as an engine: the contract of `engines.interface`, kept with NumPy alone."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from threadpoolctl import ThreadpoolController

from engines.config import NetworkConfig, OptimizerConfig
from engines.initializers import initial_parameters
from engines.interface import Array, Dataset, Metrics, Trace
from engines.masks import MaskStream
from engines.networks import resolve_network
from engines.scratch.layers import Dropout
from engines.scratch.losses import SoftmaxCrossEntropy
from engines.scratch.network import build_network
from engines.scratch.optimizers import make_optimizer

BLOCK = 512  # examples that are gathered and converted at once: as float32 they still fit a processor's cache


class ScratchLearner:
    """A network with its optimizer, its dropout masks and its data, as `engines.interface.Learner` describes."""

    def __init__(
        self,
        network: NetworkConfig,
        optimizer: OptimizerConfig,
        splits: Mapping[str, Dataset],
        seed: int,
        threads: int,
    ) -> None:
        self._splits = dict(splits)
        self._training = splits["training"]
        self._config = network
        self._optimizer_config = optimizer
        plan = resolve_network(network, self._training.inputs.shape[1:], self._training.classes)
        self._masks = MaskStream(seed)
        self._network = build_network(plan, initial_parameters(plan, network.initializer, seed), self._masks)
        self._loss = SoftmaxCrossEntropy(network.label_smoothing)
        self._targets = self._loss.targets(self._training.classes)  # (classes, classes)
        self._optimizer = make_optimizer(optimizer, self._network.values, self._network.gradients)
        self._blas = ThreadpoolController()
        self._threads = threads

    def train(self, order: Array, batch_size: int) -> Metrics:
        data = self._training
        _check_batch_size(batch_size)
        order = _checked_order(order, len(data))
        labels = data.labels[order]
        targets = self._targets[labels]  # (examples, classes)
        logits = np.empty((len(order), data.classes), np.float32)  # kept, to be measured once at the end
        with self._quietly():
            for start, x in _blocks(data, order, max(1, BLOCK // batch_size) * batch_size):
                for first in range(0, len(x), batch_size):
                    step = slice(start + first, start + first + batch_size)
                    self._step(x[first : first + batch_size], targets[step], logits[step])
            return self._measure(logits, labels, batch_size)

    def _step(self, x: Array, targets: Array, kept: Array) -> None:
        logits = self._network.forward(x, training=True)
        kept[:] = logits
        self._network.backward(self._loss.gradient(logits, targets))
        self._optimizer.step()

    def evaluate(self, split: str, batch_size: int = 1000) -> Metrics:
        _check_batch_size(batch_size)
        if split not in self._splits:
            raise ValueError(f"unknown split {split!r}: choose from {', '.join(self._splits)}")
        data = self._splits[split]
        with self._quietly():
            return self._measure(self._logits(data), data.labels, batch_size)

    def predict(self, inputs: Array) -> Array:
        with self._quietly():
            return self._logits(self._as_stored(inputs))

    def trace(self, inputs: Array, labels: Array) -> Trace:
        labels = np.asarray(labels)
        data = replace(self._as_stored(inputs), labels=labels)
        _check_dataset("trace", data)
        with self._quietly():
            x = _converted(data.inputs, data)
            activations = self._network.activations(x)
            logits, targets = list(activations.values())[-1], self._targets[labels]
            self._network.backward(self._loss.gradient(logits, targets))
            gradients = {name: part.copy() for name, part in self._network.named(self._network.gradients).items()}
            return Trace(activations, gradients, float(self._loss.values(logits, targets).mean()))

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        if optimizer.name != self._optimizer_config.name:
            raise ValueError(f"a run keeps its optimizer: {self._optimizer_config.name}, not {optimizer.name}")
        config = replace(self._config, dropout=dropout)
        plan = resolve_network(config, self._training.inputs.shape[1:], self._training.classes)
        changed = make_optimizer(optimizer, self._network.values, self._network.gradients)
        changed.state, changed.steps = self._optimizer.state, self._optimizer.steps
        self._config, self._optimizer_config, self._optimizer = config, optimizer, changed
        for layer in plan:
            ours = self._network.layers[layer.name]
            if isinstance(ours, Dropout):
                ours.probability = layer.arguments["probability"]

    def state_dict(self) -> dict[str, Array]:
        return {name: np.array(value) for name, value in self._state().items()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        own = self._state()
        _check_state(own, state)
        for name, value in own.items():
            if name not in ("optimizer.step", "random.masks"):
                value[...] = state[name]
        self._optimizer.steps = int(state["optimizer.step"])
        self._masks.set_state(state["random.masks"])

    def _state(self) -> dict[str, Array]:
        """All that training changes, not copied where it is an array already."""
        state = dict(self._network.parameters)
        state["optimizer.step"] = np.array(self._optimizer.steps, np.int64)
        for kind, vector in self._optimizer.state.items():
            for name, part in self._network.named(vector).items():
                state[f"optimizer.{name}.{kind}"] = part
        state["random.masks"] = self._masks.state()
        return state

    def _as_stored(self, inputs: Array) -> Dataset:
        """Inputs as a data set like the training split, its labels not known; `ValueError` for another shape."""
        inputs, expected = np.asarray(inputs), self._training.inputs.shape[1:]
        if inputs.shape[1:] != expected:
            raise ValueError(f"inputs have the shape {inputs.shape}, not (examples, {str(expected)[1:-1]})")
        return replace(self._training, inputs=inputs, labels=np.zeros(len(inputs), np.int64))

    def _logits(self, data: Dataset) -> Array:
        """The logits of a whole data set, `(examples, classes)`, dropout off."""
        logits = np.empty((len(data), data.classes), np.float32)
        for start in range(0, len(data), BLOCK):
            block = slice(start, start + BLOCK)
            logits[block] = self._network.forward(_converted(data.inputs[block], data))
        return logits

    def _measure(self, logits: Array, labels: Array, batch_size: int) -> Metrics:
        """The metrics of each batch from the logits of all."""
        if not len(labels):
            return Metrics(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
        starts = np.arange(0, len(labels), batch_size)
        examples = np.diff(starts, append=len(labels))
        values = self._loss.values(logits, self._targets[labels]).astype(np.float64)
        wrong = (logits.argmax(axis=1) != labels).astype(np.int64)
        return Metrics(np.add.reduceat(values, starts) / examples, np.add.reduceat(wrong, starts), examples)

    @contextmanager
    def _quietly(self) -> Generator[None]:
        """With our number of threads, and without warnings: a diverging run says so by its losses."""
        with self._blas.limit(limits=self._threads, user_api="blas"), np.errstate(all="ignore"):
            yield


def _blocks(data: Dataset, order: Array, size: int) -> Iterator[tuple[int, Array]]:
    """The examples of `order` as a network sees them, `size` at a time, each with its start."""
    for start in range(0, len(order), size):
        yield start, _converted(data.inputs[order[start : start + size]], data)


def _converted(inputs: Array, data: Dataset) -> Array:
    """(inputs − shift) · factor in float32."""
    x = inputs.astype(np.float32)
    if data.shift:
        x -= data.shift
    if data.factor != 1:
        x *= data.factor
    return x


def _check_batch_size(batch_size: int) -> None:
    if batch_size < 1:
        raise ValueError(f"batch size must be at least 1, not {batch_size}")


def _checked_order(order: Array, examples: int) -> Array:
    order = np.asarray(order)
    if order.ndim != 1 or (order.size and (order.min() < 0 or order.max() >= examples)):
        raise ValueError(f"order must be one row of indices from 0 to {examples - 1}")
    return order.astype(np.intp, copy=False)


def _check_dataset(name: str, data: Dataset) -> None:
    """`ValueError` unless there is one label in [0, classes) for each input."""
    if data.labels.shape != (len(data.inputs),):
        raise ValueError(f"{name}: {len(data.inputs)} inputs want as many labels, not {data.labels.shape}")
    if len(data) and (data.labels.min() < 0 or data.labels.max() >= data.classes):
        raise ValueError(f"{name}: labels must be from 0 to {data.classes - 1}")


def _check_state(own: Mapping[str, Array], state: Mapping[str, Array]) -> None:
    for problem, names in (("lacks", own.keys() - state.keys()), ("has unknown", state.keys() - own.keys())):
        if names:
            raise ValueError(f"the state {problem} {', '.join(sorted(names))}")
    for name, value in own.items():
        if np.shape(state[name]) != value.shape:
            raise ValueError(f"the state's {name} has the shape {np.shape(state[name])}, not {value.shape}")


class ScratchEngine:
    """Builds learners of the from-scratch library."""

    name = "scratch"
    summary = "a neural-network library written from scratch in NumPy, to be read"

    def missing(self) -> str | None:
        return None

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

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
    ) -> ScratchLearner:
        """A learner at its initial weights; `ValueError` says in one line what cannot be."""
        if device != "cpu":
            raise ValueError(f"the scratch engine trains on cpu, not {device}")
        if "training" not in splits:
            raise ValueError("splits must hold training")
        for name, data in splits.items():
            _check_dataset(name, data)
            if data.inputs.shape[1:] != splits["training"].inputs.shape[1:]:
                raise ValueError(f"{name}: inputs are shaped {data.inputs.shape[1:]}, unlike those of training")
        return ScratchLearner(network, optimizer, splits, seed, threads)
