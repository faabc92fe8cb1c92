"""Folds what a run says into curves and totals: the same for a run that trains and for one that is over."""

import math
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

from tui_trainer.config import RunConfig
from tui_trainer.diagnosis import Diagnosis
from tui_trainer.events import (
    CheckpointSaved,
    CheckpointSetAside,
    Continued,
    CureJudged,
    CureTried,
    Ended,
    EpochMeasured,
    Event,
    FindingMade,
    FindingResolved,
    Inspected,
    Lifted,
    Loading,
    NotFinite,
    Paused,
    RequestRefused,
    SaveFailed,
    SettingChanged,
    SliceMeasured,
    Started,
    Surveyed,
    Warned,
)

SERIES = ("training_loss", "training_error", "validation_loss", "validation_error", "learning_rate")
INSPECTIONS_KEPT = 12  # the newest
SLICES_UNTIL = 2  # epochs; before it the training curve is made of slices, for there is nothing else yet


@dataclass
class Curve:
    """One measured series: `values[i]` at `epochs[i]` (fractions of an epoch count); NaN is a gap."""

    epochs: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, epoch: float, value: float | None) -> None:
        """Append a point; None is a gap."""
        self.epochs.append(epoch)
        self.values.append(math.nan if value is None else value)

    @property
    def last(self) -> float | None:
        """The newest value, or None."""
        return self.values[-1] if self.values else None

    def finite(self) -> list[float]:
        """The values without gaps."""
        return [value for value in self.values if math.isfinite(value)]


@dataclass(frozen=True)
class Mark:
    """Something that happened at a place on the curve."""

    epoch: float
    kind: str  # setting, resume, pause, finding or end
    text: str


class History:
    """All that is known of one run, from its config and the events that were added so far."""

    def __init__(self, config: RunConfig, steps_per_epoch: int = 0, run: str = "") -> None:
        self.config = config
        self.run = run
        self.steps_per_epoch = steps_per_epoch
        self.status = "starting"  # loading, training, paused, done, stopped, interrupted, diverged, failed
        self.reason = ""  # what it loads, why it paused, or why it ended
        self.epoch = 0  # epochs done
        self.step = 0
        self.seconds = 0.0  # spent in the engine: training and validation
        self.elapsed = 0.0  # by the wall clock while it trained: with saving, without pauses
        self.begun: int | None = None  # the step at which its first trainer began: a fork's is not 0
        self.curves: dict[str, Curve] = {name: Curve() for name in (*SERIES, "slice_loss", "slice_error")}
        self.seconds_at: dict[int, float] = {}  # epoch → seconds spent training when it ended
        self.settings: dict[str, float] = {}  # live settings as they stand now
        self.marks: list[Mark] = []
        self.checkpoints: dict[float, bool] = {}  # where one was saved, in epochs → whether the best by then; many
        self.diagnosis = Diagnosis()
        self.changes: list[SettingChanged] = []
        self.warnings: list[str] = []
        self.inspected: Inspected | None = None
        self.inspections: deque[Inspected] = deque(maxlen=INSPECTIONS_KEPT)
        self.surveyed: Surveyed | None = None
        self.not_finite: NotFinite | None = None
        self.lifted: dict[str, int] = {}  # class that is doubtful → training examples that lift its own output
        self.checkpoint: CheckpointSaved | None = None
        self.best_checkpoint: CheckpointSaved | None = None
        self.last_saved: float | None = None  # wall clock
        self.save_failure: SaveFailed | None = None  # until a later save succeeds
        self.refused: RequestRefused | None = None  # the last request that could not be done
        self.last_at = 0.0  # wall clock of the newest event
        self.pid: int | None = None
        self.host = ""

    # -- what is asked of it -------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether a trainer has written its end."""
        return self.status in ("done", "stopped", "interrupted", "diverged", "failed")

    @property
    def epochs(self) -> int:
        """How many epochs the run is to have."""
        return int(self.settings.get("epochs", self.config.epochs))

    @property
    def position(self) -> float:
        """Epochs done, with the fraction of the current one."""
        return self.step / self.steps_per_epoch if self.steps_per_epoch else float(self.epoch)

    @property
    def best_epoch(self) -> int | None:
        """The first epoch with the lowest validation error."""
        curve = self.curves["validation_error"]
        best = min((v for v in curve.values if math.isfinite(v)), default=None)
        return None if best is None else round(curve.epochs[curve.values.index(best)])

    @property
    def seconds_per_epoch(self) -> float | None:
        """Mean training time of an epoch so far."""
        return self.seconds / self.position if self.position and self.seconds else None

    @property
    def examples_per_second(self) -> float | None:
        """Mean training rate so far, validation included."""
        if not self.seconds or not self.step:
            return None
        config, examples = self.config, self.step * self.config.batch_size
        if config.partial_batch and config.train_examples and self.steps_per_epoch:  # the last batch is smaller
            examples = self.step * config.train_examples / self.steps_per_epoch
        return examples / self.seconds

    @property
    def remaining_seconds(self) -> float | None:
        """What is left at the mean rate by the wall clock, or None before it is known."""
        begun = (self.begun or 0) / self.steps_per_epoch if self.steps_per_epoch else 0.0
        if self.position <= begun or not self.elapsed:
            return None
        return max(0.0, (self.epochs - self.position) * self.elapsed / (self.position - begun))

    def training_curve(self, measure: str) -> str:
        """The name of the curve of `loss` or `error` in training: of slices while there are hardly any epochs."""
        few = len(self.curves[f"training_{measure}"].values) < SLICES_UNTIL and self.curves[f"slice_{measure}"].values
        return f"slice_{measure}" if few else f"training_{measure}"

    def accuracy(self, split: str) -> dict[str, float | None]:
        """Largest and last accuracy of a split, as fractions."""
        low, last = self._extremes(f"{split}_error")
        return {"max": None if low is None else 1 - low, "final": None if last is None else 1 - last}

    def loss(self, split: str) -> dict[str, float | None]:
        """Smallest and last loss of a split."""
        low, last = self._extremes(f"{split}_loss")
        return {"min": low, "final": last}

    def _extremes(self, name: str) -> tuple[float | None, float | None]:
        curve = self.curves[name]
        last = curve.last if curve.last is not None and math.isfinite(curve.last) else None
        return min(curve.finite(), default=None), last

    def summary(self) -> dict[str, Any]:
        """Accuracies, losses, times and findings as plain JSON values; fractions in [0, 1], seconds."""
        config = self.config
        return {
            "run": self.run,
            "status": self.status,
            "engine": config.engine,
            "optimizer": config.optimizer,
            "dropout": self.settings.get("dropout", config.dropout),
            "learning_rate": self.settings.get("learning_rate", config.learning_rate),
            "epochs": self.epoch,
            "epochs_asked": self.epochs,
            "seed": config.seed,
            "accuracy": {split: self.accuracy(split) for split in ("training", "validation")},
            "loss": {split: self.loss(split) for split in ("training", "validation")},
            "best_epoch": self.best_epoch,
            "seconds": self.seconds,
            "seconds_per_epoch": self.seconds_per_epoch,
            "examples_per_second": self.examples_per_second,
            "checkpoint": None if self.checkpoint is None else self.checkpoint.name,
            **self.diagnosis.summary(),
            "reason": self.reason,
        }

    @property
    def findings(self) -> dict[str, FindingMade]:
        """By rule, those that still hold."""
        return self.diagnosis.findings

    # -- what it is told -----------------------------------------------------

    def add_slices(self, steps: Sequence[int], losses: Sequence[float], errors: Sequence[float]) -> None:
        """The points of many slices at once, for a long file; the newest slice comes by `add`."""
        epochs = [step / self.steps_per_epoch for step in steps]
        for name, values in (("slice_loss", losses), ("slice_error", errors)):
            self.curves[name].epochs.extend(epochs)
            self.curves[name].values.extend(values)

    def add_epochs(
        self, epochs: Sequence[int], steps: Sequence[int], values: Sequence[Sequence[float]], seconds: Sequence[float]
    ) -> None:
        """Many epochs at once, for a long file; `values` are those of each of `SERIES`."""
        for name, measured in zip(SERIES, values, strict=True):
            self.curves[name].epochs.extend(epochs)
            self.curves[name].values.extend(measured)
        self.seconds_at.update(zip(epochs, seconds, strict=True))
        self.epoch, self.step, self.seconds = epochs[-1], steps[-1], seconds[-1]

    def add(self, event: Event) -> None:
        """Fold one event in; events of one file come in its order."""
        if self.status == "training" and not isinstance(event, Loading | Started):
            self.elapsed += max(0.0, event.at - self.last_at)
        self.last_at = max(self.last_at, event.at)
        self._fold(event)

    @singledispatchmethod
    def _fold(self, event: Event) -> None:
        """Events that change nothing here."""

    @_fold.register
    def _(self, event: SliceMeasured) -> None:
        self.step, self.seconds = event.step, event.seconds
        self.curves["slice_loss"].add(self.position, event.loss)
        self.curves["slice_error"].add(self.position, event.error)

    @_fold.register
    def _(self, event: EpochMeasured) -> None:
        self.epoch, self.step, self.seconds = event.epoch, event.step, event.seconds
        self.seconds_at[event.epoch] = event.seconds
        for name in SERIES:
            self.curves[name].add(event.epoch, getattr(event, name))

    @_fold.register
    def _(self, event: Inspected) -> None:
        self.inspected = event
        self.inspections.append(event)
        if self.lifted:  # what an inspected example lifts is doubtful no more
            doubtful = set(map(str, event.layers[-1].get("unlifted", ()))) if event.layers else set()
            self.lifted = {name: count for name, count in self.lifted.items() if name in doubtful}

    @_fold.register
    def _(self, event: Surveyed) -> None:
        self.surveyed = event

    @_fold.register
    def _(self, event: NotFinite) -> None:
        self.not_finite = event

    @_fold.register
    def _(self, event: Lifted) -> None:
        self.lifted |= event.counts

    @_fold.register
    def _(self, event: Loading) -> None:
        self.status, self.reason = "loading", event.what

    @_fold.register
    def _(self, event: Started) -> None:
        self.status, self.reason = "training", ""
        self.begun = event.step if self.begun is None else self.begun
        measured = self.curves["slice_loss"].values or self.curves["training_loss"].values
        if not measured:  # a fork begins where its parent was
            self.epoch, self.step = event.epoch, event.step
        self.pid, self.host = event.pid, event.host
        self.warnings.extend(event.notes)
        if event.resumed_from is not None:
            self._mark(event.step, event.epoch, "resume", f"resumed from {event.resumed_from}")

    def _mark(self, step: int, epoch: int, kind: str, text: str) -> None:
        self.marks.append(Mark(self._place(step, epoch), kind, text))

    def _place(self, step: int, epoch: int) -> float:
        return step / self.steps_per_epoch if self.steps_per_epoch else float(epoch)

    @_fold.register
    def _(self, event: SettingChanged) -> None:
        self.settings[event.name] = event.new
        self.changes.append(event)
        self._mark(event.step, event.epoch, "setting", f"{event.name} {event.old:g} → {event.new:g}")

    @_fold.register
    def _(self, event: Paused) -> None:
        self.status, self.reason, self.step = "paused", event.reason, max(self.step, event.step)
        self._mark(event.step, event.epoch, "pause", f"paused: {event.reason}")

    @_fold.register
    def _(self, event: Continued) -> None:
        self.status, self.reason = "training", ""

    @_fold.register
    def _(self, event: CheckpointSaved) -> None:
        self.checkpoint, self.last_saved, self.save_failure = event, event.at, None
        self.checkpoints[self._place(event.step, event.epoch)] = event.best
        if event.best:
            self.best_checkpoint = event

    @_fold.register
    def _(self, event: SaveFailed) -> None:
        self.save_failure = event

    @_fold.register
    def _(self, event: RequestRefused) -> None:
        self.refused = event

    @_fold.register
    def _(self, event: CheckpointSetAside) -> None:
        self.warnings.append(f"{event.name} was bad ({event.reason}): set aside as {event.renamed}")

    @_fold.register
    def _(self, event: Warned) -> None:
        self.warnings.append(event.message)

    @_fold.register
    def _(self, event: FindingMade) -> None:
        self.diagnosis.made(event)
        self._mark(event.step, event.epoch, "finding", event.rule)

    @_fold.register
    def _(self, event: FindingResolved) -> None:
        self.diagnosis.resolved(event)

    @_fold.register
    def _(self, event: CureTried) -> None:
        self.diagnosis.tried(event)

    @_fold.register
    def _(self, event: CureJudged) -> None:
        self.diagnosis.verdict(event)

    @_fold.register
    def _(self, event: Ended) -> None:
        self.status, self.reason = event.status, event.reason
        if event.status != "done":
            self._mark(
                event.step, event.epoch, "end", f"{event.status}: {event.reason}" if event.reason else event.status
            )
