"""The doctor's benchmark, whether what a finding asks for mends the run."""

import math
from typing import Any

from benchmarks.doctor_runs import Watched, plan_of

AS_GOOD = 1.25  # times the best error of the same run in health, and two points more
GAP_CLOSED = 0.8  # or this share of the way there


def repair(fault: str, number: int, request: dict[str, Any], epoch: int, epochs: int) -> dict[str, Any] | None:
    """Do what was asked for at an epoch, train on, and compare with the ill run and with the same run in health.

    None where it asks for the run's end: then the best checkpoint is kept, and nothing is left to measure.
    """
    if request["action"] == "stop":
        return None
    plan = plan_of(fault, number)
    first = 0 if request["action"] == "restart" else epoch
    found = {
        "ill": best_error(Watched(plan), epochs),
        "mended": best_error(Watched.mended(plan, request, epoch), epochs + first, first),
        "health": best_error(Watched(plan, planted=False), epochs),
    }
    return {"fault": fault, "number": number, "recovered": recovered(**found)} | found


def best_error(watched: Watched, epochs: int, first: int = 0) -> float:
    """The least validation error of the epochs after `first`."""
    for _ in watched.epochs(epochs):
        pass
    errors = watched.history.curves["validation_error"]
    later = [error for at, error in zip(errors.epochs, errors.values, strict=True) if at > first]
    return min(filter(math.isfinite, later), default=1.0)


def recovered(ill: float, mended: float, health: float) -> bool:
    """Whether the mended run is as good as the healthy one, or has gone most of the way to it."""
    return mended <= AS_GOOD * health + 0.02 or mended <= ill - GAP_CLOSED * (ill - health)
