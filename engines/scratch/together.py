"""Trains seeds side by side: networks that see the same batches and differ in their weights and dropout alone.

All arrays get one more axis in front, of seeds. The examples are gathered once for all of them, and each operation
of a step is one call for all seeds, so that what a small network spends most on, Python, is paid once.

The products are a stack of the very ones of a seed alone, in shape and layout, and all else is done number by
number or along the same axes. So each seed gets the same bits as if it were trained alone, where a product's last
bits depend on shapes and layout only, as they do with OpenBLAS.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from threadpoolctl import ThreadpoolController

from engines.config import NetworkConfig, OptimizerConfig
from engines.initializers import initial_parameters
from engines.interface import Array, Dataset, Metrics
from engines.masks import MaskStream
from engines.networks import Layer as LayerPlan
from engines.networks import resolve_network
from engines.scratch.activations import GELU, LeakyReLU, ReLU, Sigmoid, Tanh
from engines.scratch.batches import blocks_in_order, shuffled_blocks
from engines.scratch.checks import check_batch_size, check_order, check_splits, check_state
from engines.scratch.layers import Layer
from engines.scratch.learner import measured
from engines.scratch.losses import Loss, SoftmaxCrossEntropy, make_loss, softmax
from engines.scratch.network import Network
from engines.scratch.optimizers import clip_gradient_norm, make_optimizer


def units_first(shape: tuple[int, ...]) -> Array:
    """An empty array (seeds, examples, units) in which a unit's numbers for all seeds and examples lie side by side.

    The sums and maxima over classes then run along contiguous memory (measured: five times as fast).
    """
    seeds, examples, units = shape
    return np.empty((units, seeds, examples), np.float32).transpose(1, 2, 0)


class Flatten(Layer):
    """(…, rows, columns) → (…, rows · columns), with a seed axis in front or without."""

    def __init__(self, axes: int) -> None:
        self.axes = axes  # how many become one

    def prepare(self, x: Array) -> Array:
        return self.forward(x, False)

    def forward(self, x: Array, training: bool) -> Array:
        self.shape = x.shape
        return x.reshape(*x.shape[: -self.axes], -1)

    def backward(self, dy: Array) -> Array:
        return dy.reshape(self.shape)


class Linear(Layer):
    """y = x Wᵀ + b for each seed; x is (examples, inputs) where all seeds see the same, else (seeds, …)."""

    weight: Array  # (seeds, outputs, inputs)
    bias: Array  # (seeds, outputs)
    weight_gradient: Array
    bias_gradient: Array

    def __init__(self, seeds: int, inputs: int, outputs: int) -> None:
        self.shapes = {"weight": (seeds, outputs, inputs), "bias": (seeds, outputs)}

    def prepare(self, x: Array) -> Array:
        seeds, outputs = self.bias.shape
        self.y = units_first((seeds, x.shape[-2], outputs))
        self.dx = units_first((seeds, *x.shape[-2:]))
        self.ones = np.ones(x.shape[-2], x.dtype)
        return self.y

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        np.matmul(x, self.weight.swapaxes(1, 2), out=self.y)
        self.y += self.bias[:, None]
        return self.y

    def gradients(self, dy: Array) -> None:
        np.matmul(dy.swapaxes(1, 2), self.x, out=self.weight_gradient)
        np.matmul(self.ones, dy, out=self.bias_gradient)

    def backward(self, dy: Array) -> Array:
        return np.matmul(dy, self.weight, out=self.dx)


class Dropout(Layer):
    """As the one of a seed alone, with a mask from each seed's own stream."""

    def __init__(self, probability: float, streams: Sequence[MaskStream], axes: int) -> None:
        self.probability, self.streams, self.axes = probability, streams, axes

    def prepare(self, x: Array) -> Array:
        example = x.shape[-self.axes - 1 :]  # without the seeds
        self.mask = np.empty((len(self.streams), *example), np.float32)
        self.y = np.empty_like(self.mask if x.ndim == len(example) else x)
        self.dx = np.empty_like(self.y)
        return self.y

    def forward(self, x: Array, training: bool) -> Array:
        self.active = training and self.probability > 0
        if not self.active:
            return x
        for stream, mask in zip(self.streams, self.mask, strict=True):
            stream.draw(mask.shape, self.probability, out=mask)
        return np.multiply(x, self.mask, out=self.y)

    def backward(self, dy: Array) -> Array:
        return np.multiply(dy, self.mask, out=self.dx) if self.active else dy


MAKE: dict[str, Callable[[LayerPlan, Sequence[MaskStream]], Layer]] = {
    "flatten": lambda plan, streams: Flatten(len(plan.input_shape)),
    "linear": lambda plan, streams: Linear(len(streams), plan.input_shape[0], plan.integer("outputs")),
    "dropout": lambda plan, streams: Dropout(plan.arguments["probability"], streams, len(plan.input_shape)),
    "relu": lambda plan, streams: ReLU(),
    "leaky-relu": lambda plan, streams: LeakyReLU(plan.arguments["slope"]),
    "tanh": lambda plan, streams: Tanh(),
    "sigmoid": lambda plan, streams: Sigmoid(),
    "gelu": lambda plan, streams: GELU(),
}


def cannot_train_together(network: NetworkConfig, input_shape: tuple[int, ...], classes: int) -> str | None:
    """Which layer of a network cannot be trained side by side, in words; None where all can."""
    kinds = [layer.kind for layer in resolve_network(network, input_shape, classes)]
    missing = sorted(set(kinds) - MAKE.keys())
    return f"{', '.join(missing)} is not trained side by side" if missing else None


class TogetherLearner:
    """A learner of several seeds: what `engines.interface.Learner` does for one, it does for each."""

    def __init__(
        self,
        network: NetworkConfig,
        optimizer: OptimizerConfig,
        *,
        splits: Mapping[str, Dataset],
        seeds: Sequence[int],
        threads: int = 1,
    ) -> None:
        check_splits(splits)
        self._splits, self._training = dict(splits), splits["training"]
        self._shape, self._classes = self._training.inputs.shape[1:], self._training.classes
        if problem := cannot_train_together(network, self._shape, self._classes):
            raise ValueError(problem)
        self._config, self._settings = network, optimizer
        self._streams = [MaskStream(seed) for seed in seeds]
        plan = resolve_network(network, self._shape, self._classes)
        self._network = Network({layer.name: MAKE[layer.kind](layer, self._streams) for layer in plan})
        for place, seed in enumerate(seeds):
            for name, value in initial_parameters(plan, network.initializer, seed).items():
                self._network.parameters[name][place] = value
        self._loss = make_loss(network)
        self._optimizer = make_optimizer(optimizer, self._network.values, self._network.gradients)
        self._blas, self._threads = ThreadpoolController(), threads

    def train(self, order: Array, batch_size: int) -> list[Metrics]:
        """One step of every seed for each batch of `order`; the metrics of each seed."""
        order, data = np.asarray(order), self._training
        check_batch_size(batch_size)
        check_order(order, len(data))
        labels = data.labels[order]
        targets = self._loss.targets(labels, self._classes)  # (examples, classes)
        kept = self._logits_buffer(len(order))
        with self._blas.limit(limits=self._threads, user_api="blas"), np.errstate(all="ignore"):
            for block, x in shuffled_blocks(data, order, batch_size):
                for first in range(0, len(x), batch_size):
                    batch = slice(block.start + first, block.start + first + batch_size)
                    self._step(x[first : first + batch_size], targets[batch], kept[:, batch])
            return [measured(self._loss, logits, targets, labels, batch_size) for logits in kept]

    def _logits_buffer(self, examples: int) -> Array:
        """Room for `(seeds, examples, classes)`."""
        return units_first((len(self._streams), examples, self._classes))

    def _step(self, x: Array, targets: Array, kept: Array) -> None:
        kept[...] = logits = self._network.forward(x, training=True)
        self._network.backward(loss_gradient(self._loss, logits, targets))
        if self._settings.clip_norm:
            self._clip(self._settings.clip_norm)
        self._optimizer.step()

    def _clip(self, max_norm: float) -> None:
        """Scale the gradient of each seed by its own norm."""
        parts = list(self._network.named(self._network.gradients).values())
        for place in range(len(self._streams)):
            own = np.concatenate([part[place].ravel() for part in parts])
            clip_gradient_norm(own, max_norm)
            ends = np.cumsum([part[place].size for part in parts])
            for part, clipped in zip(parts, np.split(own, ends[:-1]), strict=True):
                part[place] = clipped.reshape(part[place].shape)

    def evaluate(self, split: str, batch_size: int = 1000) -> list[Metrics]:
        """Loss and errors of each seed on a whole split, dropout off."""
        check_batch_size(batch_size)
        data = self._splits[split]
        targets, kept = self._loss.targets(data.labels, self._classes), self._logits_buffer(len(data))
        with self._blas.limit(limits=self._threads, user_api="blas"), np.errstate(all="ignore"):
            for block, x in blocks_in_order(data):
                kept[:, block] = self._network.forward(x)
            return [measured(self._loss, logits, targets, data.labels, batch_size) for logits in kept]

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        """Go on with other settings, the same for all seeds; see `Learner.change`."""
        if optimizer.name != self._settings.name:
            raise ValueError(f"a training keeps its optimizer: {self._settings.name}, not {optimizer.name}")
        config = replace(self._config, dropout=dropout)
        if (optimizer, config) == (self._settings, self._config):
            return
        changed = make_optimizer(optimizer, self._network.values, self._network.gradients)
        changed.state, changed.steps = self._optimizer.state, self._optimizer.steps
        self._config, self._settings, self._optimizer = config, optimizer, changed
        for layer in resolve_network(config, self._shape, self._classes):
            ours = self._network.layers[layer.name]
            if isinstance(ours, Dropout):
                ours.probability = layer.arguments["probability"]

    def state_dict(self, place: int) -> dict[str, Array]:
        """A copy of the state of one seed, as `Learner.state_dict` has it."""
        return {name: np.array(value) for name, value in self._state(place).items()}

    def load_state_dict(self, place: int, state: Mapping[str, Array]) -> None:
        """Go on with one seed from a state; the seeds must all stand at the same step before they train."""
        own = self._state(place)
        check_state(state, own)
        for name, value in own.items():
            value[...] = state[name]
        self._optimizer.steps = int(own["optimizer.step"])
        self._streams[place].set_state(own["random.masks"])

    def _state(self, place: int) -> dict[str, Array]:
        """All that training changes of one seed: the arrays themselves, and copies of step and masks' position."""
        state = {name: value[place] for name, value in self._network.parameters.items()}
        for kind, vector in self._optimizer.state.items():
            parts = self._network.named(vector)
            state |= {f"optimizer.{name}.{kind}": part[place] for name, part in parts.items()}
        step = np.array(self._optimizer.steps, np.int64)
        return state | {"optimizer.step": step, "random.masks": self._streams[place].state()}


def loss_gradient(loss: Loss, logits: Array, targets: Array) -> Array:
    """The gradient of each seed's mean loss with respect to its logits `(seeds, examples, classes)`."""
    _, examples, classes = logits.shape
    if isinstance(loss, SoftmaxCrossEntropy):
        dz = softmax(logits.reshape(-1, classes)).reshape(logits.shape)
        dz -= targets
        dz *= 1 / examples
        return dz
    dz = logits - targets
    dz *= 2 / (examples * classes)
    return dz
