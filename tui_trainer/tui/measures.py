"""What can be drawn of a run, against what: each measure and each x axis is a line of a table."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui_trainer.history import History
from tui_trainer.tui.wording import count, number, percent, spent

SPLITS = ("training", "validation")


@dataclass(frozen=True)
class Measure:
    """Something measured: its words, the curves of `History` for each split, and how its values are written."""

    name: str
    curves: dict[str, str]  # split → name in History.curves; without splits, one entry named ""
    write: Callable[[float | None], str] = number
    percent: bool = False
    turned: bool = False  # one minus what is stored

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that it is measured on; none for what belongs to the run itself."""
        return tuple(split for split in self.curves if split)


def _rate(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}"


def _seconds(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g} s"


def _both(what: str) -> dict[str, str]:
    return {split: f"{split}_{what}" for split in SPLITS}


MEASURES: tuple[Measure, ...] = (
    Measure("loss", _both("loss")),
    Measure("error", _both("error"), percent, percent=True),
    Measure("accuracy", _both("error"), percent, percent=True, turned=True),
    Measure("training loss, each slice", {"": "slice_loss"}),
    Measure("training error, each slice", {"": "slice_error"}, percent, percent=True),
    Measure("learning rate", {"": "learning_rate"}, _rate),
    Measure("seconds an epoch", {"": "seconds"}, _seconds),
)


@dataclass(frozen=True)
class Axis:
    """What x counts: from epochs (with fractions) to its own unit, and how a place is written."""

    name: str
    place: Callable[[History, float], float]
    write: Callable[[float], str]


def seconds_at(history: History, epoch: float) -> float:
    """Seconds of training at an epoch, with fractions; between measured ends as if the pace were even."""
    whole = math.floor(epoch)
    if whole + 1 in history.seconds_at:
        end, after = whole + 1.0, history.seconds_at[whole + 1]
    else:
        end, after = max(history.position, epoch), history.seconds
    before = 0.0 if whole == 0 else history.seconds_at.get(whole, after * whole / end)  # a fork knows no earlier ends
    return before if epoch == whole else before + (after - before) * (epoch - whole) / (end - whole)


AXES: tuple[Axis, ...] = (
    Axis("epoch", lambda _, epoch: epoch, lambda x: f"{x:,.4g}" if x < 1000 else f"{x:,.0f}"),
    Axis("step", lambda history, epoch: round(epoch * (history.steps_per_epoch or 1)), count),
    Axis("seconds", seconds_at, spent),
)


def points(history: History, measure: Measure, split: str) -> tuple[Sequence[float], Callable[[int], float]]:
    """The epochs at which it was measured, and the value at each place of that list."""
    name = measure.curves[split]
    if name == "seconds":
        epochs = history.curves["training_loss"].epochs
        return epochs, lambda place: _epoch_seconds(history, round(epochs[place]))
    curve = history.curves[history.training_curve(name[9:]) if split == "training" else name]  # training_loss → loss
    if measure.turned:
        return curve.epochs, lambda place: 1 - curve.values[place]
    return curve.epochs, curve.values.__getitem__


def _epoch_seconds(history: History, epoch: int) -> float:
    before = 0.0 if epoch == 1 else history.seconds_at.get(epoch - 1, math.nan)
    return history.seconds_at.get(epoch, math.nan) - before
