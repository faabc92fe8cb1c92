"""The doctor's benchmark, whether what a finding asks for mends the run."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from benchmarks.doctor_faults import Plan
from benchmarks.doctor_runs import Watched, plan_of

AS_GOOD = 1.25  # times the error of the same run in health, and two points more
GAP_CLOSED = 0.8  # or this share of the way there
BY_LOSS = ("overfitting", "overtraining")


def repair(fault: str, number: int, request: dict[str, Any], epoch: int, epochs: int) -> dict[str, Any]:
    """Do what was asked for at an epoch, train on, and compare with the ill run and with the same run in health."""
    plan = plan_of(fault, number)
    ill = curves(Watched(plan), epochs)
    if request["action"] == "set" and "epochs" in request["changes"]:  # to stop, and keep the best checkpoint
        return {"fault": fault, "number": number, "recovered": True, "ill": fmean(ill[1][-3:]), "mended": min(ill[1])}
    first = epoch if request["action"] == "set" else 0
    mended = curves(Watched.mended(plan, request, epoch), epochs + first, first)
    which = 1 if fault in BY_LOSS else 0
    health = ill if fault in BY_LOSS else curves(Watched(plan, planted=False), epochs)
    found = {
        name: value(plan, curve[which], name) for name, curve in (("ill", ill), ("mended", mended), ("health", health))
    }
    return {"fault": fault, "number": number, "recovered": recovered(plan, found)} | found


def curves(watched: Watched, epochs: int, first: int = 0) -> tuple[list[float], list[float]]:
    """Validation errors and losses of the epochs after `first`, finite ones."""
    for _ in watched.epochs(epochs):
        pass
    found = (watched.history.curves[f"validation_{name}"].values[first:] for name in ("error", "loss"))
    errors, losses = ([v for v in values if math.isfinite(v)] for values in found)
    return errors or [1.0], losses or [math.inf]


def value(plan: Plan, values: Sequence[float], name: str) -> float:
    """What counts: the best error; for overfitting, the validation loss at the end against the best of the ill run."""
    if plan.fault not in BY_LOSS or name == "health":
        return min(values)
    return fmean(values[-3:])


def recovered(plan: Plan, found: dict[str, float]) -> bool:
    """Whether the mended run is as good as the healthy one, or has gone most of the way to it."""
    if plan.fault in BY_LOSS:
        return found["mended"] <= 1.05 * found["health"]
    near = found["mended"] <= AS_GOOD * found["health"] + 0.02
    return near or found["mended"] <= found["ill"] - GAP_CLOSED * (found["ill"] - found["health"])
