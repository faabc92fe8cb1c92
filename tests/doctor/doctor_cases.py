"""Makes cases for the rules' tests: a sound run in numbers, of which a test changes what it is about."""

import copy
from dataclasses import replace
from typing import Any

from tui_trainer.config import RunConfig
from tui_trainer.doctor import Case

WEIGHT = {
    "mean": 0.0,
    "deviation": 0.05,
    "min": -0.2,
    "max": 0.2,
    "inputs": 784,
    "norm": 10.0,
    "change": 0.1,
    "still": [],
    "still_count": 0,
    "gradient": {"mean": 0.0, "deviation": 0.01, "min": -0.1, "max": 0.1, "norm": 0.5},
}


def layer(name: str, kind: str, **numbers: Any) -> dict[str, Any]:
    """One layer of an inspection."""
    found: dict[str, Any] = {"layer": name, "kind": kind, "mean": 0.4, "deviation": 0.6, "min": 0.0, "max": 4.0}
    if kind in ("linear", "conv2d"):
        found["parameters"] = {"weight": copy.deepcopy(WEIGHT)}
    if kind == "relu":
        found |= {"zero": 0.5, "units": 64, "dead": [], "dead_count": 0}
    if kind in ("sigmoid", "tanh"):
        found["saturated"] = 0.05
    return found | numbers


def layers(*kinds: str) -> list[dict[str, Any]]:
    """An inspection of layers of these kinds, the last of which predicts all classes alike."""
    counts: dict[str, int] = {}
    found = []
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
        found.append(layer(f"{kind}{counts[kind]}", kind))
    found[-1] |= {"loss": 2.4, "predicted": [16] * 10}
    return found


def weight(inspection: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The numbers of a layer's weight, to be changed."""
    return next(found for found in inspection if found["layer"] == name)["parameters"]["weight"]


DATA = {
    "examples": {"training": 5000, "validation": 1000},
    "classes": {"training": [500] * 10, "validation": [100] * 10},
    "inputs": {"mean": 0.13, "deviation": 0.31, "min": 0.0, "max": 1.0},
    "same_label_next": 0.1,
    "leaked": 0,
    "disagreement": 0.12,
}


def sound(epochs: int = 10, kinds: tuple[str, ...] = ("linear", "relu", "linear"), **config: Any) -> Case:
    """A run of which no rule finds anything: errors fall from 15 to about 5 %."""
    errors = [0.05 + 0.10 / (i + 1) for i in range(epochs)]
    losses = [3 * error for error in errors]
    settings = {"network": "mlp", "init": "he", "learning_rate": 0.1, "epochs": 50, **config}
    return Case(
        config=RunConfig.from_mapping(settings),
        epoch=epochs,
        step=156 * epochs,
        epochs=50,
        steps_per_epoch=156,
        steady=epochs,
        training_loss=tuple(losses),
        training_error=tuple(errors),
        validation_loss=tuple(loss * 1.1 for loss in losses),
        validation_error=tuple(error * 1.1 for error in errors),
        rates=(0.1,) * epochs,
        slices=tuple((loss,) * 10 for loss in losses[-6:]),
        inspections=tuple(layers(*kinds) for _ in range(min(epochs, 12))),
        start=layers(*kinds),
        data=copy.deepcopy(DATA),
    )


def changed(case: Case, **data: Any) -> Case:
    """The case with other facts of its data."""
    return replace(case, data={**case.data, **data})
