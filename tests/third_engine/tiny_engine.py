"""The least that an engine can be: softmax regression by plain gradient descent, as a third party would add it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engines.config import INITIALIZERS, NetworkConfig, OptimizerConfig
from engines.initializers import initial_parameters
from engines.interface import Array, Dataset, Metrics, Trace
from engines.masks import MaskStream
from engines.networks import resolve_network


def require(fits: bool, sentence: str) -> None:
    if not fits:
        raise ValueError(sentence)


class TinyLearner:
    def __init__(self, network: NetworkConfig, optimizer: OptimizerConfig, splits: Mapping[str, Dataset], seed: int):
        require("training" in splits, "no training split")
        self.splits, self.shape = splits, splits["training"].inputs.shape[1:]
        for name, data in splits.items():
            self.check(data.inputs, data.labels, f"split {name}")
        require(network.name == "softmax", "the tiny engine has only the network softmax")
        require(network.dropout_at in ("none", "input"), "the tiny engine drops only inputs")
        require(network.initializer in INITIALIZERS, "no such initializer")
        require(network.loss == "cross-entropy", "the tiny engine has only the loss cross-entropy")
        self.network, self.optimizer, self.steps, self.masks = network, optimizer, 0, MaskStream(seed)
        self.change(optimizer, network.dropout)
        layers = resolve_network(network, self.shape, splits["training"].classes)
        self.weight, self.bias = initial_parameters(layers, network.initializer, seed).values()

    def check(self, inputs: Array, labels: Array, where: str) -> None:
        require(inputs.shape == (len(labels), *self.shape), f"{where}: inputs and labels do not fit together")
        require(set(labels) <= set(range(self.splits["training"].classes)), f"{where}: a label is out of range")

    def scaled(self, inputs: Array) -> Array:
        training = self.splits["training"]
        require(inputs.shape[1:] == self.shape, "these inputs have another shape than the training split's")
        return ((inputs.astype(np.float32) - training.shift) * np.float32(training.factor)).reshape(len(inputs), -1)

    def measure(self, x: Array, labels: Array) -> tuple[float, int, Array]:
        """Mean loss, how many are wrong, and the loss's gradient with respect to the logits."""
        with np.errstate(all="ignore"):
            z = x @ self.weight.T + self.bias
            p = np.exp(z - z.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            loss = -np.log(p[np.arange(len(x)), labels]).mean()
        return float(loss), int((z.argmax(1) != labels).sum()), (p - np.eye(p.shape[1], dtype=p.dtype)[labels]) / len(x)

    def train(self, order: Array, batch_size: int) -> Metrics:
        data, rows = self.splits["training"], []
        require(batch_size > 0, "a batch has at least 1 example")
        require(order.ndim == 1 and order.min() >= 0 and order.max() < len(data), "order is out of range")
        for batch in (order[i : i + batch_size] for i in range(0, len(order), batch_size)):
            x = self.scaled(data.inputs[batch])
            if self.network.dropout_at == "input" and self.network.dropout:
                x *= self.masks.draw(x.shape, self.network.dropout)
            loss, wrong, dz = self.measure(x, data.labels[batch])
            self.weight -= np.float32(self.optimizer.learning_rate) * (dz.T @ x)
            self.bias -= np.float32(self.optimizer.learning_rate) * dz.sum(0)
            self.steps += 1
            rows.append((loss, wrong, len(batch)))
        losses, wrongs, examples = zip(*rows, strict=True)
        return Metrics(np.array(losses, np.float64), np.array(wrongs, np.int64), np.array(examples, np.int64))

    def evaluate(self, split: str, batch_size: int = 1000) -> Metrics:
        require(split in self.splits, f"no split {split}")
        data, starts = self.splits[split], range(0, len(self.splits[split]), batch_size)
        parts = [(data.inputs[i : i + batch_size], data.labels[i : i + batch_size]) for i in starts]
        losses, wrongs, _ = zip(*(self.measure(self.scaled(x), labels) for x, labels in parts), strict=True)
        return Metrics(np.array(losses, np.float64), np.array(wrongs, np.int64), np.array([len(y) for _, y in parts]))

    def predict(self, inputs: Array) -> Array:
        return self.scaled(inputs) @ self.weight.T + self.bias

    def trace(self, inputs: Array, labels: Array) -> Trace:
        self.check(inputs, labels, "trace")
        x = self.scaled(inputs)
        loss, _, dz = self.measure(x, labels)
        activations = {"dropout1": inputs} if self.network.dropout_at == "input" else {}
        activations |= {"flatten1": x, "linear1": self.predict(inputs)}
        return Trace(activations, {"linear1.weight": dz.T @ x, "linear1.bias": dz.sum(0)}, loss)

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        require(optimizer.name == "sgd", "the tiny engine has only the optimizer sgd")
        require(0 <= dropout < 1, "dropout must be at least 0 and below 1")
        self.optimizer, self.network = optimizer, replace(self.network, dropout=dropout)

    def state_dict(self) -> dict[str, Array]:
        parameters = {"linear1.weight": self.weight.copy(), "linear1.bias": self.bias.copy()}
        return parameters | {"optimizer.step": np.array(self.steps, np.int64), "random.masks": self.masks.state()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        shapes = {name: value.shape for name, value in self.state_dict().items()}
        require({name: value.shape for name, value in state.items()} == shapes, f"the state must have {shapes}")
        self.weight, self.bias = state["linear1.weight"].copy(), state["linear1.bias"].copy()
        self.steps = int(state["optimizer.step"])
        self.masks.set_state(state["random.masks"])


class TinyEngine:
    name = "tiny"
    summary = "softmax regression in a hundred lines of NumPy"

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
    ) -> TinyLearner:
        require(device == "cpu", "the tiny engine trains on cpu")
        return TinyLearner(network, optimizer, splits, seed)
