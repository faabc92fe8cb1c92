"""Learning-rate schedules, one value an epoch, with the meaning of their `torch.optim.lr_scheduler` namesakes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ScheduleConfig:
    """Which schedule, and its arguments; epochs count from 1."""

    name: str = "constant"
    every: int = 30  # `step`: multiply by `factor` after this many epochs; `plateau`: patience, in epochs
    factor: float = 0.1  # `step` and `plateau`
    warm_up: int = 5  # `warm-up`: epochs until the full rate


def learning_rate_at(
    epoch: int, base: float, epochs: int, schedule: ScheduleConfig, validation_losses: Sequence[float] = ()
) -> float:
    """The learning rate of an epoch (from 1), given the validation losses of the epochs before it."""
    if schedule.name == "constant":
        return base
    if schedule.name == "step":  # StepLR
        return base * schedule.factor ** ((epoch - 1) // schedule.every)
    if schedule.name == "cosine":  # CosineAnnealingLR, T_max = epochs (Loshchilov & Hutter 2016, arXiv:1608.03983)
        return base * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
    if schedule.name == "warm-up":  # LinearLR from 1/warm_up to 1 (Goyal et al. 2017, arXiv:1706.02677)
        return base * min(1.0, epoch / schedule.warm_up)
    if schedule.name == "plateau":
        return base * schedule.factor ** plateau_cuts(validation_losses, schedule.every)
    raise ValueError(f"unknown schedule {schedule.name!r}")


def plateau_cuts(losses: Sequence[float], patience: int, threshold: float = 1e-4) -> int:
    """How often ReduceLROnPlateau would have cut: after more than `patience` epochs without a relative gain."""
    best, waiting, cuts = math.inf, 0, 0
    for loss in losses:
        if loss < best * (1 - threshold):
            best, waiting = loss, 0
        else:
            waiting += 1
        if waiting > patience:
            cuts, waiting = cuts + 1, 0
    return cuts
