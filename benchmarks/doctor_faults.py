"""The doctor's benchmark, what is planted: 24 faults of known kind and strength, and healthy runs that look odd."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engines.interface import Array, Dataset

Splits = dict[str, Dataset]
Random = np.random.Generator
State = dict[str, Array]


@dataclass(frozen=True)
class Plan:
    """One run: its settings, what is done to its data and first weights, and what naming counts as right."""

    fault: str  # the rule that should name it; or healthy, and of which kind
    number: int
    settings: dict[str, Any]
    data: Callable[[Splits, Random], Splits] | None = None
    weights: Callable[[State, Random], State] | None = None
    frozen: str = ""  # a layer that nobody updates
    also: tuple[str, ...] = ()  # what may be the root cause as well, being as true
    cured_by: str = ""  # a setting with which the plant in data or weights is not made, e.g. init
    reference: dict[str, Any] = field(default_factory=dict)  # settings of the same run in health, where they differ

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault.startswith("healthy")

    def random(self) -> Random:
        """Its own stream of numbers."""
        return np.random.default_rng([sum(map(ord, self.fault)), self.number])


def sigmoid_layers(sizes: list[int], kind: str = "sigmoid") -> list[dict[str, Any]]:
    """Layers of a dense network with an activation other than ReLU."""
    hidden = [part for size in sizes for part in ({"kind": "linear", "outputs": size}, {"kind": kind})]
    return [{"kind": "flatten"}, *hidden, {"kind": "linear", "outputs": 10}]


NETWORKS: dict[str, dict[str, Any]] = {
    "softmax": {"network": "softmax", "init": "pytorch"},
    "mlp": {"network": "mlp", "hidden": [64], "init": "he"},
    "wide": {"network": "mlp", "hidden": [256], "init": "he"},
    "two": {"network": "mlp", "hidden": [128, 64], "init": "pytorch"},
    "deep": {"network": "mlp", "hidden": [64, 64, 64, 64], "init": "he"},
    "tanh": {"network": "custom", "layers": sigmoid_layers([64], "tanh"), "init": "glorot"},
    "tanh-deep": {"network": "custom", "layers": sigmoid_layers([64, 64, 64], "tanh"), "init": "glorot"},
    "lenet": {"network": "lenet", "init": "he", "engine": "pytorch", "train_examples": 1000},
}
DENSE = ("softmax", "mlp", "wide", "two", "deep", "tanh", "tanh-deep")
HIDDEN = ("mlp", "wide", "two", "deep")
BY_HEART = (
    {"optimizer": "adam", "learning_rate": 0.001},
    {"optimizer": "rmsprop", "learning_rate": 0.001},
    {"optimizer": "adam", "learning_rate": 0.002},
)
STEPS = (
    {"optimizer": "sgd", "learning_rate": 0.1},
    {"optimizer": "sgd", "learning_rate": 0.05},
    {"optimizer": "momentum", "learning_rate": 0.01},
    {"optimizer": "adam", "learning_rate": 0.001},
    {"optimizer": "rmsprop", "learning_rate": 0.001},
)


def base(
    random: Random, networks: tuple[str, ...] = DENSE, steps: tuple[dict[str, Any], ...] = STEPS
) -> dict[str, Any]:
    """Settings of a sound run, drawn."""
    drawn: dict[str, Any] = {"engine": "scratch" if random.random() < 0.75 else "pytorch"}
    drawn |= {"train_examples": int(random.choice([1500, 3000, 5000])), "validation_examples": 1000, "epochs": 50}
    drawn |= {"batch_size": int(random.choice([16, 32, 64])), "dropout": 0.0, "dropout_at": "input"}
    drawn |= STEPS[0] | dict(steps[random.integers(len(steps))]) | NETWORKS[str(random.choice(networks))]
    return drawn | {"seed": int(random.integers(1_000_000))}


# -- what is done to data and weights --------------------------------------------------------------------------


def sorted_by_label(splits: Splits, random: Random) -> Splits:
    """The training split in label order."""
    training = splits["training"]
    order = np.argsort(training.labels, kind="stable")
    return splits | {"training": replace(training, inputs=training.inputs[order], labels=training.labels[order])}


def scaled_by(factor: float) -> Callable[[Splits, Random], Splits]:
    """Inputs times a factor, from pixels of 0 to 255."""
    return lambda splits, random: {name: replace(s, shift=0.0, factor=factor) for name, s in splits.items()}


def blank(splits: Splits, random: Random) -> Splits:
    """Inputs that are all the same."""
    return {name: replace(s, inputs=np.full_like(s.inputs, 128)) for name, s in splits.items()}


def noisy(part: float) -> Callable[[Splits, Random], Splits]:
    """Training labels of which a part is drawn anew."""

    def plant(splits: Splits, random: Random) -> Splits:
        training = splits["training"]
        drawn = random.integers(0, 10, len(training))
        labels = np.where(random.random(len(training)) < part, drawn, training.labels)
        return splits | {"training": replace(training, labels=labels)}

    return plant


def kept(shares: dict[int, float], names: tuple[str, ...] = ("training",)) -> Callable[[Splits, Random], Splits]:
    """Only a share of the examples of some classes."""

    def thin(split: Dataset, random: Random) -> Dataset:
        keep = random.random(len(split)) < np.array([shares.get(c, 1.0) for c in range(10)])[split.labels]
        return replace(split, inputs=split.inputs[keep], labels=split.labels[keep])

    return lambda splits, random: splits | {name: thin(splits[name], random) for name in names}


def leaking(part: float) -> Callable[[Splits, Random], Splits]:
    """Validation examples of which a part was taken from training."""

    def plant(splits: Splits, random: Random) -> Splits:
        training, validation = splits["training"], splits["validation"]
        where = np.flatnonzero(random.random(len(validation)) < part)
        taken = random.integers(0, len(training), len(where))
        inputs, labels = validation.inputs.copy(), validation.labels.copy()
        inputs[where], labels[where] = training.inputs[taken], training.labels[taken]
        return splits | {"validation": replace(validation, inputs=inputs, labels=labels)}

    return plant


def times(factor: float, only: str = "") -> Callable[[State, Random], State]:
    """All weights, or those whose name begins with `only`, times a factor."""
    return lambda state, random: {
        name: array * np.float32(factor)
        if name.endswith(".weight") and name.startswith(only) and "optim" not in name
        else array
        for name, array in state.items()
    }


def all_alike(value: float) -> Callable[[State, Random], State]:
    """Every weight the same number."""
    return lambda state, random: {
        name: np.full_like(array, value) if name.endswith(".weight") and "optim" not in name else array
        for name, array in state.items()
    }


def switched_off(part: float) -> Callable[[State, Random], State]:
    """Hidden units of the first layer whose bias keeps them off."""

    def plant(state: State, random: Random) -> State:
        bias = state["linear1.bias"].copy()
        bias[random.random(len(bias)) < part] = -50.0
        return state | {"linear1.bias": bias}

    return plant


# -- the faults -------------------------------------------------------------------------------------------------


def inputs_not_scaled(random: Random) -> dict[str, Any]:
    factor = float(random.choice([1.0, 1.0, 0.1, 1 / 255 / 500]))
    settings = base(random, (*DENSE, "assignment")) | {"scale": "none"}
    return {"settings": settings, "data": scaled_by(factor), "cured_by": "scale", "reference": {"scale": "unit"}}


def inputs_not_shuffled(random: Random) -> dict[str, Any]:
    return {"settings": base(random) | {"shuffle": False}, "data": sorted_by_label, "reference": {"shuffle": True}}


def noisy_labels(random: Random) -> dict[str, Any]:
    return {"settings": base(random), "data": noisy(float(random.choice([0.3, 0.5, 0.7, 1.0])))}


def class_imbalance(random: Random) -> dict[str, Any]:
    rare = random.choice(10, random.integers(1, 4), replace=False)
    shares = {int(c): float(random.choice([0.0, 0.03, 0.1])) for c in rare}
    if random.random() < 0.4:
        shares = {c: 0.08 for c in range(10) if c != rare[0]}
    return {"settings": base(random), "data": kept(shares)}


def leaked_validation(random: Random) -> dict[str, Any]:
    return {"settings": base(random), "data": leaking(float(random.choice([0.03, 0.1, 0.5, 1.0])))}


def dropout_not_applied(random: Random) -> dict[str, Any]:
    settings = base(random) | {"dropout": float(random.choice([0.1, 0.25, 0.5])), "dropout_at": "none"}
    return {"settings": settings, "reference": {"dropout": 0.0}}


def poor_initial_weights(random: Random) -> dict[str, Any]:
    kind = random.integers(4)
    networks = HIDDEN if kind < 2 else ("two", "deep", "tanh-deep") if kind == 2 else (*HIDDEN, "softmax")
    settings = base(random, networks)
    plant = {0: None, 1: all_alike(float(random.choice([0.01, 0.1]))), 2: times(float(random.choice([0.003, 0.01])))}
    weights = plant.get(int(kind), times(float(random.choice([10, 30, 100]))))
    if kind == 0:
        return {"settings": settings | {"init": "zeros"}, "reference": {"init": "he"}}
    return {"settings": settings, "weights": weights, "cured_by": "init"}


def not_finite(random: Random) -> dict[str, Any]:
    steps = tuple({"optimizer": o, "learning_rate": r} for o in ("sgd", "momentum") for r in (1.0, 3.0, 10.0, 100.0))
    settings = base(random, ("softmax", "tanh", "tanh-deep"), steps) | {"loss": "mean-squared-error"}
    also = ("learning-rate-too-high",)
    return {"settings": settings, "also": also, "reference": {"optimizer": "sgd", "learning_rate": 0.05}}


def exploding(random: Random) -> dict[str, Any]:
    steps = tuple({"optimizer": o, "learning_rate": r} for o in ("sgd", "momentum") for r in (10.0, 30.0, 100.0))
    steps += tuple({"optimizer": "adam", "learning_rate": r} for r in (1.0, 3.0))
    settings = base(random, ("softmax", "tanh", "tanh-deep", "mlp"), steps)
    return {
        "settings": settings,
        "also": ("not-finite", "learning-rate-too-high"),
        "reference": {"optimizer": "sgd", "learning_rate": 0.05},
    }


def dead_output_units(random: Random) -> dict[str, Any]:
    steps = ({"optimizer": "adam", "learning_rate": 0.01}, {"optimizer": "adam", "learning_rate": 0.03})
    steps += ({"optimizer": "momentum", "learning_rate": 0.1}, {"optimizer": "sgd", "learning_rate": 0.5})
    settings = base(random, ("assignment",), steps)
    return {"settings": settings, "reference": {"network": "softmax"}}


def dead_hidden_units(random: Random) -> dict[str, Any]:
    part = float(random.choice([0.7, 0.9, 1.0]))
    return {"settings": base(random, HIDDEN), "weights": switched_off(part), "cured_by": "any"}


def saturated_activations(random: Random) -> dict[str, Any]:
    factor = float(random.choice([15, 30, 100]))
    settings = base(random, ("tanh", "tanh-deep"))
    planted = {"weights": times(factor, "linear1"), "cured_by": "init"}
    return {"settings": settings, "also": ("poor-initial-weights",)} | planted


def vanishing_gradient(random: Random) -> dict[str, Any]:
    depth = int(random.choice([5, 6, 8]))
    settings = base(random) | {"network": "custom", "layers": sigmoid_layers([64] * depth)}
    settings |= {"init": str(random.choice(["glorot", "pytorch"])), "optimizer": "sgd", "learning_rate": 0.1}
    return {"settings": settings, "reference": {"network": "mlp", "hidden": [64] * depth, "init": "he"}}


def frozen_layer(random: Random) -> dict[str, Any]:
    settings = base(random, HIDDEN)
    layer = "linear1" if random.random() < 0.5 else f"linear{len(settings['hidden']) + 1}"
    return {"settings": settings, "frozen": layer}


def learning_rate_too_high(random: Random) -> dict[str, Any]:
    rates = {"sgd": (1.5, 3.0, 6.0), "momentum": (0.2, 0.5), "adam": (0.05, 0.1, 0.3), "rmsprop": (0.05, 0.1)}
    steps = tuple({"optimizer": name, "learning_rate": rate} for name, found in rates.items() for rate in found)
    settings = base(random, ("softmax", "mlp", "two", "deep", "tanh"), steps)
    also = ("exploding", "not-finite")
    return {"settings": settings, "also": also, "reference": {"optimizer": "adam", "learning_rate": 0.001}}


def batch_too_large(random: Random) -> dict[str, Any]:
    steps = ({"optimizer": "sgd", "learning_rate": 0.01}, {"optimizer": "sgd", "learning_rate": 0.05})
    steps += ({"optimizer": "momentum", "learning_rate": 0.005},)
    size = int(random.choice([1024, 2048, 4096]))
    settings = base(random, ("softmax", "mlp", "two", "wide"), steps)
    return {"settings": settings | {"batch_size": size, "train_examples": 2 * 4096}, "reference": {"batch_size": 32}}


def learning_rate_too_low(random: Random) -> dict[str, Any]:
    steps = tuple({"optimizer": "sgd", "learning_rate": r} for r in (1e-5, 1e-4, 5e-4))
    steps += tuple({"optimizer": "adam", "learning_rate": r} for r in (1e-7, 1e-6, 1e-5))
    steps += ({"optimizer": "momentum", "learning_rate": 1e-5},)
    settings = base(random, (*DENSE,), steps)
    return {"settings": settings, "reference": {"optimizer": "adam", "learning_rate": 0.001}}


def not_learning(random: Random) -> dict[str, Any]:
    if random.random() < 0.3:
        return {"settings": base(random), "data": blank}
    steps = ({"optimizer": "sgd", "learning_rate": 0.1}, {"optimizer": "momentum", "learning_rate": 0.02})
    settings = base(random, (*HIDDEN, "tanh"), steps) | {"weight_decay": float(random.choice([0.5, 1.0, 2.0]))}
    return {"settings": settings, "reference": {"weight_decay": 0.0}}


def constant_prediction(random: Random) -> dict[str, Any]:
    common = int(random.integers(10))
    shares = {c: 0.012 for c in range(10) if c != common}
    data = kept(shares, ("training", "validation"))
    settings = base(random, ("softmax", "mlp", "two"), ({"optimizer": "sgd", "learning_rate": 0.003},))
    return {"settings": settings | {"train_examples": 10_000}, "data": data, "also": ("class-imbalance",)}


def dropout_too_high(random: Random) -> dict[str, Any]:
    place = str(random.choice(["hidden", "input", "logits"]))
    strengths = {"hidden": [0.85, 0.9, 0.95], "input": [0.85, 0.9, 0.95], "logits": [0.25, 0.4, 0.6]}[place]
    settings = base(random, ("mlp", "two", "wide") if place == "hidden" else ("softmax", "mlp", "two"))
    settings |= {"dropout": float(random.choice(strengths)), "dropout_at": place}
    return {"settings": settings, "reference": {"dropout": 0.0}}


def overfitting(random: Random) -> dict[str, Any]:
    settings = base(random, ("wide", "two", "deep"), BY_HEART)
    settings |= {"train_examples": int(random.choice([200, 400, 800])), "batch_size": 8, "epochs": 150}
    return {"settings": settings, "also": ("overtraining",)}


def overtraining(random: Random) -> dict[str, Any]:
    settings = base(random, ("wide", "two", "deep"), BY_HEART)
    settings |= {"train_examples": int(random.choice([1000, 2000])), "batch_size": 16, "epochs": 150}
    return {"settings": settings, "also": ("overfitting",)}


def underfitting(random: Random) -> dict[str, Any]:
    if random.random() < 0.5:
        settings = base(random, ("mlp",)) | {"hidden": [int(random.integers(1, 4))], "train_examples": 5000}
        return {"settings": settings, "reference": {"hidden": [64]}}
    steps = (STEPS[0], STEPS[2])
    settings = base(random, ("softmax", "mlp"), steps) | {"weight_decay": float(random.choice([0.03, 0.06, 0.1]))}
    settings |= {"train_examples": 5000, "batch_size": 32}
    return {"settings": settings, "reference": {"weight_decay": 0.0}}


def plateau(random: Random) -> dict[str, Any]:
    steps = ({"optimizer": "sgd", "learning_rate": 0.02}, {"optimizer": "momentum", "learning_rate": 0.002})
    settings = base(random, ("softmax", "mlp", "two", "tanh"), steps) | {"train_examples": 1500, "batch_size": 64}
    settings |= {"schedule": "step", "schedule_every": int(random.choice([1, 2])), "schedule_factor": 0.01}
    return {"settings": settings, "reference": {"schedule": "constant"}}


FAULTS: dict[str, Callable[[Random], dict[str, Any]]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        *(inputs_not_scaled, inputs_not_shuffled, noisy_labels, class_imbalance, leaked_validation),
        *(dropout_not_applied, poor_initial_weights, not_finite, exploding, dead_output_units, dead_hidden_units),
        *(saturated_activations, vanishing_gradient, frozen_layer, learning_rate_too_high, batch_too_large),
        *(learning_rate_too_low, not_learning, constant_prediction, dropout_too_high, overfitting, overtraining),
        *(underfitting, plateau),
    )
}
NETWORKS["assignment"] = {"network": "assignment", "init": "pytorch"}
