"""A case: what was measured of one run so far, laid out so that a rule reads it at a glance."""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tui_trainer.config import RunConfig

if TYPE_CHECKING:
    from tui_trainer.history import Curve, History

Layers = list[dict[str, Any]]  # an inspection: see `tui_trainer.inspection`
SLICED = 2  # epochs whose parts a case has
RECENT = 500  # epochs that a case has, so that a look at a run of many thousands costs no more


@dataclass(frozen=True)
class Case:
    """Numbers of the newest 500 epochs, the newest last; losses in nats, errors as fractions, NaN where not finite."""

    config: RunConfig
    epoch: int = 0  # epochs done
    step: int = 0
    epochs: int = 0  # that the run is to have
    steps_per_epoch: int = 0
    settings: Mapping[str, float] = field(default_factory=dict)  # live settings as they stand now
    steady: int = 0  # how many of the newest epochs were trained under them
    training_loss: Sequence[float] = ()
    training_error: Sequence[float] = ()
    validation_loss: Sequence[float] = ()
    validation_error: Sequence[float] = ()
    rates: Sequence[float] = ()  # learning rates; the first is the greatest before these epochs
    slices: Sequence[Sequence[float]] = ()  # training losses of parts of the newest two epochs, and of one begun
    inspections: tuple[Layers, ...] = ()  # the newest few
    start: Layers | None = None  # the layers at the initial weights; None for a fork
    data: Mapping[str, Any] = field(default_factory=dict)  # see `tui_trainer.doctor.survey`
    not_finite: Mapping[str, Any] | None = None  # where the first NaN or infinity arose
    lifted: Mapping[str, int] = field(default_factory=dict)  # class → training examples that lift its own output

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.data["classes"]["training"]) if self.data else 10

    @cached_property
    def chance(self) -> float:
        """The loss of a network that knows nothing: ln of the number of classes."""
        return math.log(self.classes)

    @cached_property
    def entropy(self) -> float:
        """The loss of the best constant prediction: ln of the number of classes, less where they are unequal."""
        return entropy(tuple(self.data["classes"]["training"])) if self.data else self.chance

    @cached_property
    def constant_error(self) -> float:
        """The training error of always answering with the commonest class."""
        counts = self.data["classes"]["training"] if self.data else [1] * self.classes
        return 1 - max(counts) / sum(counts)

    @cached_property
    def greatest_rate(self) -> float:
        """The greatest learning rate of the run so far."""
        return max(self.rates, default=0.0)

    @cached_property
    def best(self) -> tuple[float, int]:
        """The least validation loss, and how many epochs ago that was."""
        least = min(self.validation_loss)
        return least, len(self.validation_loss) - 1 - self.validation_loss.index(least)

    @cached_property
    def floor(self) -> float:
        """The least loss that there can be: the entropy of the targets, 0 without label smoothing."""
        smoothing, classes = self.config.label_smoothing, self.classes
        if not smoothing or self.config.loss != "cross-entropy":
            return 0.0
        other = smoothing / classes
        label = 1 - smoothing + other
        return -label * math.log(label) - (classes - 1) * other * math.log(other)

    @property
    def learning_rate(self) -> float:
        """The rate that the newest epoch was trained with."""
        return self.rates[-1] if self.rates else self.setting("learning_rate")

    def setting(self, name: str) -> Any:
        """A setting as it stands now."""
        return self.settings.get(name, getattr(self.config, name))

    @property
    def layers(self) -> Layers:
        """The newest inspection, or none."""
        return self.inspections[-1] if self.inspections else []

    @property
    def output(self) -> dict[str, Any]:
        """The last layer in the newest inspection."""
        return self.layers[-1] if self.layers else {}

    def hidden(self, *kinds: str) -> Layers:
        """The layers of some kinds in the newest inspection that are not the last."""
        return [layer for layer in self.layers[:-1] if layer["kind"] in kinds]

    @property
    def finite(self) -> bool:
        """Whether the newest epoch's losses are finite."""
        return bool(self.training_loss) and math.isfinite(self.training_loss[-1] + self.validation_loss[-1])


@cache
def entropy(counts: tuple[int, ...]) -> float:
    """−Σ p ln p of the shares of classes, in nats."""
    total = sum(counts)
    return -sum(count / total * math.log(count / total) for count in counts if count)


def weights(layers: Layers) -> list[tuple[str, dict[str, Any]]]:
    """The weights in an inspection, by layer name, first to last."""
    return [(layer["layer"], layer["parameters"]["weight"]) for layer in layers if "parameters" in layer]


def case_of(history: "History") -> Case:
    """What a history holds, as a case."""
    curves, surveyed, rates = history.curves, history.surveyed, history.curves["learning_rate"].values
    return Case(
        config=history.config,
        epoch=history.epoch if curves["training_loss"].values else 0,  # a fork has measured nothing when it begins
        step=history.step,
        epochs=history.epochs,
        steps_per_epoch=history.steps_per_epoch,
        settings=dict(history.settings),
        steady=min(RECENT, _steady(history)),
        training_loss=curves["training_loss"].values[-RECENT:],
        training_error=curves["training_error"].values[-RECENT:],
        validation_loss=curves["validation_loss"].values[-RECENT:],
        validation_error=curves["validation_error"].values[-RECENT:],
        rates=array("d", [max(rates[:-RECENT], default=rates[0])]) + rates[-RECENT:] if rates else (),
        slices=_by_epoch(curves["slice_loss"], history.epoch),
        inspections=tuple(event.layers for event in history.inspections),
        start=None if surveyed is None or surveyed.step else surveyed.layers,
        data={} if surveyed is None else surveyed.data,
        not_finite=None if history.not_finite is None else vars(history.not_finite),
        lifted=dict(history.lifted),
    )


def _steady(history: "History") -> int:
    """How many epochs were trained wholly after the last change of a setting."""
    epochs = history.curves["training_loss"].epochs
    last = next((change for change in reversed(history.changes) if change.name != "epochs"), None)
    if last is None:
        return len(epochs)
    changed = last.step / history.steps_per_epoch if history.steps_per_epoch else last.epoch
    return len(epochs) - bisect_left(epochs, changed + 1)


def _by_epoch(curve: "Curve", epochs: int) -> list[Sequence[float]]:
    """The values of a curve of parts of epochs: of each of the newest epochs done, and of the one begun, if any."""
    ends = [bisect_right(curve.epochs, epoch + 1e-9) for epoch in range(max(0, epochs - SLICED), epochs + 1)]
    if ends[-1] < len(curve.epochs):
        ends.append(len(curve.epochs))
    return [curve.values[first:end] for first, end in pairwise(ends)]
