"""Looks into a network once an epoch: plain numbers of every layer and parameter, the same for every engine.

What it finds is a function of config and weights alone, never of the time, so that `metrics.jsonl` can be made
again bit for bit. It looks at few examples, so that it costs a fiftieth of the assignment's epoch or less.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engines.config import NetworkConfig
from engines.interface import Array, Dataset, Learner, Trace
from engines.networks import Layer, resolve_network

EXAMPLES = 100  # of the validation split, as many of each class as of the others
BINS = 12
LISTED = 24  # indices of dead units that are written out; the count is exact
SATURATED = 0.99  # of the way from the middle of a sigmoid or tanh to its ends
PASSED_ON = ("flatten", "dropout", "max-pool2d", "avg-pool2d")  # their outputs are their inputs, or some of them


def choose_examples(labels: Array, count: int = EXAMPLES) -> Array:
    """Indices of `count` examples, ascending: the first of each class, then the second of each, and so on."""
    by_class = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[by_class], labels[by_class])
    rank = np.empty(len(labels), np.int64)
    rank[by_class] = np.arange(len(labels)) - starts  # which one of its class an example is
    return np.sort(np.lexsort((labels, rank))[:count])


class Inspector:
    """Traces the same validation examples each time, and keeps the weights to say how far they moved since."""

    def __init__(self, network: NetworkConfig, validation: Dataset) -> None:
        chosen = choose_examples(validation.labels)
        self._inputs, self._labels = validation.inputs[chosen], validation.labels[chosen]
        self._rows, self._there = np.arange(len(chosen)), set(self._labels.tolist())
        self._plan = resolve_network(network, validation.inputs.shape[1:], validation.classes)
        self._classes = validation.classes
        self._names = {f"{layer.name}.{part}" for layer in self._plan for part in ("weight", "bias")}
        self._before: dict[str, Array] = {}

    def begin(self, learner: Learner, saved: Mapping[str, Array] | None = None) -> None:
        """Measure movement from the weights as they are, or from those that `state` gave."""
        self._before = {name: np.array(array) for name, array in (saved or self._weights(learner)).items()}

    def state(self) -> dict[str, Array]:
        """The weights of the last inspection, by parameter name: what movement is measured from."""
        return dict(self._before)

    def __call__(self, learner: Learner) -> list[dict[str, Any]]:
        """One dict of JSON values for each layer; the last one also has the loss and what was predicted."""
        with np.errstate(all="ignore"):
            trace = learner.trace(self._inputs, self._labels)
            weights = self._weights(learner)
            layers = [self._layer(layer, trace, weights) for layer in self._plan if layer.kind not in PASSED_ON]
        logits = list(trace.activations.values())[-1]
        predicted = np.bincount(logits.argmax(1), minlength=self._classes)
        layers[-1]["predicted"] = predicted.tolist()
        if layers[-1]["kind"] == "relu":
            layers[-1]["unlifted"] = self._unlifted(logits)
        if math.isfinite(trace.loss):
            layers[-1]["loss"] = significant(trace.loss)
        self._before = weights
        return layers

    def _unlifted(self, logits: Array) -> list[int]:
        """Classes of which no inspected example makes its own output positive."""
        lifted = self._labels[logits[self._rows, self._labels] > 0]
        return sorted(self._there.difference(lifted.tolist()))

    def _weights(self, learner: Learner) -> dict[str, Array]:
        return {name: array for name, array in learner.state_dict().items() if name in self._names}

    def _layer(self, layer: Layer, trace: Trace, weights: Mapping[str, Array]) -> dict[str, Any]:
        values = trace.activations[layer.name]
        found = {"layer": layer.name, "kind": layer.kind} | distribution(values) | activity(layer.kind, values)
        parameters = {
            part: self._parameter(weights[name], self._before[name], trace.gradients[name])
            for part in ("weight", "bias")
            if (name := f"{layer.name}.{part}") in weights
        }
        return found | ({"parameters": parameters} if parameters else {})

    def _parameter(self, weight: Array, before: Array, gradient: Array) -> dict[str, Any]:
        was, moved = norm(before), norm(weight - before)
        change = moved / was if was else moved
        still = np.flatnonzero(np.logical_and.reduce((weight == before).reshape(len(weight), -1), axis=1))
        found = (
            distribution(weight, with_norm=True)
            | {
                "inputs": weight.size // len(weight),  # numbers that feed one unit
                "still": still[:LISTED].tolist(),  # units whose weights did not move at all
                "still_count": len(still),
                "gradient": distribution(gradient, with_norm=True),
            }
        )
        return found | ({"change": significant(change)} if math.isfinite(change) else {})


def distribution(values: Array, *, with_norm: bool = False) -> dict[str, Any]:
    """Mean, deviation, least, greatest and a histogram; only `nonfinite` where a number is not finite."""
    flat = values.reshape(-1).astype(np.float64)
    total, squares = float(np.add.reduce(flat)), sum_of_squares(flat)
    if not (math.isfinite(total) and math.isfinite(squares)):
        return {"nonfinite": int((~np.isfinite(flat)).sum())}
    low, high, mean = float(np.minimum.reduce(flat)), float(np.maximum.reduce(flat)), total / len(flat)
    deviation = math.sqrt(max(0.0, squares / len(flat) - mean * mean))
    numbers = {"mean": mean, "deviation": deviation, "min": low, "max": high}
    if with_norm:
        numbers["norm"] = math.sqrt(squares)
    return {name: significant(value) for name, value in numbers.items()} | {"histogram": histogram(flat, low, high)}


def histogram(flat: Array, low: float, high: float) -> list[int]:
    """How many of the values lie in each of `BINS` equal parts of [low, high]; all in the first if that is empty."""
    if not high - low > 0:
        return [len(flat)] + [0] * (BINS - 1)
    part = flat - low
    part *= BINS / (high - low)
    counts = np.bincount(part.astype(np.intp), minlength=BINS + 1).tolist()  # `high` itself has a part of its own
    return [*counts[: BINS - 1], counts[BINS - 1] + counts[BINS]]


def activity(kind: str, values: Array) -> dict[str, Any]:
    """What an activation's outputs `(examples, units, …)` say of its units: silent, dead or saturated."""
    if kind in ("sigmoid", "tanh"):
        middle, reach = (0.5, 0.5) if kind == "sigmoid" else (0.0, 1.0)
        return {"saturated": significant(float((np.abs(values - middle) > SATURATED * reach).mean()))}
    if kind != "relu":
        return {}
    active = (values > 0).reshape(len(values), values.shape[1], -1)
    dead = np.flatnonzero(~np.logical_or.reduce(active, axis=(0, 2)))
    return {
        "zero": significant(1 - np.count_nonzero(active) / active.size),
        "units": values.shape[1],
        "dead": dead[:LISTED].tolist(),
        "dead_count": len(dead),
    }


def norm(values: Array) -> float:
    """The Euclidean norm."""
    return math.sqrt(sum_of_squares(values.reshape(-1)))


def sum_of_squares(flat: Array) -> float:
    """Σ x² of a vector; not by BLAS, whose threads cost more than they save here."""
    return float(np.einsum("i,i->", flat, flat))


def significant(value: float) -> float:
    """The number to six significant digits: a line stays short, and engines agree far better than that."""
    return float(f"{value:.6g}")
