"""The training loop: a generator that trains slice by slice and yields what it measured."""

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from engines.interface import Array, Learner, Metrics
from engines.schedules import learning_rate_at
from tui_trainer.checkpoint import Checkpoint, is_finite
from tui_trainer.config import RunConfig
from tui_trainer.data import epoch_order
from tui_trainer.events import EpochMeasured, Event, Inspected, SliceMeasured

SLICE_SECONDS = 0.05  # how long a slice may take, so that requests are answered soon
LINES_PER_EPOCH = 10  # training is reported on a fixed grid, so that metrics do not depend on the speed
INSPECTED = "progress.inspected."  # what the names of the weights that an inspection remembers begin with


class Inspect(Protocol):
    """Looks into a learner at the end of an epoch; it remembers weights, so that it can say how far they moved."""

    def __call__(self, learner: Learner) -> list[dict[str, Any]]:
        """JSON values, one dict for each layer."""
        ...

    def begin(self, learner: Learner, saved: Mapping[str, Array] | None = None) -> None:
        """Remember the weights as they are, or those that `state` gave."""
        ...

    def state(self) -> dict[str, Array]:
        """The weights that it remembers."""
        ...


def steps_per_epoch(config: RunConfig, examples: int) -> int:
    """Optimizer updates in an epoch of `examples` training examples; `ValueError` when there would be none."""
    steps = examples // config.batch_size
    if config.partial_batch and examples % config.batch_size:
        steps += 1
    if steps == 0:
        raise ValueError(f"batch-size: must be at most {examples}, the number of training examples")
    return steps


@dataclass
class Progress:
    """Where a run stands: all that a checkpoint holds beside the learner's state."""

    steps_per_epoch: int
    step: int = 0  # optimizer updates done
    seconds: float = 0.0  # spent training, without pauses
    settings: dict[str, Any] = field(default_factory=dict)  # live settings that differ from the config
    best_error: float = math.inf
    best_epoch: int = 0
    validation_losses: list[float] = field(default_factory=list)  # one an epoch
    losses: Array = field(init=False)  # (steps_per_epoch,) of the current epoch, the first `step_in_epoch` valid
    wrong: Array = field(init=False)
    examples: Array = field(init=False)

    def __post_init__(self) -> None:
        self.losses = np.zeros(self.steps_per_epoch)
        self.wrong = np.zeros(self.steps_per_epoch, np.int64)
        self.examples = np.zeros(self.steps_per_epoch, np.int64)

    @property
    def epochs_done(self) -> int:
        """Whole epochs, validation included."""
        return len(self.validation_losses)

    @property
    def step_in_epoch(self) -> int:
        """Steps done of the epoch that is being trained."""
        return self.step - self.epochs_done * self.steps_per_epoch

    def note(self, metrics: Metrics) -> None:
        """Keep what a slice measured until the epoch ends."""
        part = slice(self.step_in_epoch, self.step_in_epoch + len(metrics.losses))
        self.losses[part], self.wrong[part], self.examples[part] = metrics.losses, metrics.wrong, metrics.examples
        self.step += len(metrics.losses)

    def over(self, first: int, last: int) -> Metrics:
        """What was measured in the steps [first, last) of the current epoch."""
        return Metrics(self.losses[first:last], self.wrong[first:last], self.examples[first:last])


class Training:
    """One run in memory: a learner, how far it is, and its live settings. It knows no files."""

    def __init__(
        self,
        config: RunConfig,
        learner: Learner,
        examples: int,
        *,
        inspect: Inspect | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.config = config
        self.learner = learner
        self.progress = Progress(steps_per_epoch(config, examples))
        self.diverged_at: int | None = None  # the step whose loss was not finite
        self.stop_at: int | None = None  # pause when this step is reached
        self.planned: list[tuple[int, str, Any]] = []  # (step, setting, value): changes to make when they are due
        self._examples = examples
        self.inspect = inspect
        if inspect is not None:
            inspect.begin(learner)
        self._clock = clock
        self._steps_per_second = 0.0
        self._order: tuple[int, Array] | None = None

    # -- settings ------------------------------------------------------------

    def setting(self, name: str) -> Any:
        """A live setting as it stands now."""
        return self.progress.settings.get(name, getattr(self.config, name))

    @property
    def epochs(self) -> int:
        """How many epochs the run is to have."""
        return self.setting("epochs")

    @property
    def learning_rate(self) -> float:
        """The rate of the current epoch, by the schedule."""
        epoch = min(self.progress.epochs_done + 1, self.epochs)
        losses = self.progress.validation_losses
        return learning_rate_at(epoch, self.setting("learning_rate"), self.epochs, self.config.schedule_config, losses)

    def change(self, name: str, value: Any) -> None:
        """Go on with another value of a live setting; `SettingError` when it cannot be."""
        checked = getattr(self.config.replace(**{name: value}), name)
        self.progress.settings[name] = checked
        self._apply()

    def _apply(self) -> None:
        optimizer = dataclasses.replace(
            self.config.optimizer_config,
            learning_rate=self.learning_rate,
            momentum=self.setting("momentum"),
            weight_decay=self.setting("weight_decay"),
        )
        self.learner.change(optimizer, self.setting("dropout"))

    # -- the loop ------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether all epochs are trained."""
        return self.progress.epochs_done >= self.epochs

    def slices(self) -> Iterator[list[Event]]:
        """Train to the end; after each slice yield what it measured. Stops early where the loss is not finite."""
        self.make_due_changes()
        while not self.done and not self._halted():
            started = self._clock()
            events = self._one_slice()
            if self.progress.step_in_epoch == self.progress.steps_per_epoch and not self._halted():
                events.extend(self._finish_epoch(started))
            else:
                self.progress.seconds += self._clock() - started
            yield events
            self.make_due_changes()

    def _halted(self) -> bool:
        return self.diverged_at is not None and self.config.on_divergence == "stop"

    def _one_slice(self) -> list[Event]:
        progress = self.progress
        if progress.step_in_epoch == 0:
            self._apply()  # the schedule may have moved
        first, count = progress.step_in_epoch, self._slice_steps()
        started = self._clock()
        size = self.config.batch_size
        metrics = self.learner.train(self._epoch_order()[first * size : (first + count) * size], size)
        took = max(self._clock() - started, 1e-6)
        self._steps_per_second = count / took
        progress.note(metrics)
        self._watch(metrics, progress.step - count)
        return self._lines(first, progress.seconds + took)

    def _slice_steps(self) -> int:
        """Steps for one slice: what fits in its time, up to the end of the epoch, a pause or a planned change."""
        progress = self.progress
        ends = [progress.steps_per_epoch - progress.step_in_epoch]
        ends += [step - progress.step for step, _, _ in self.planned]
        if self.stop_at is not None and self.stop_at > progress.step:
            ends.append(self.stop_at - progress.step)
        fitting = int(self._steps_per_second * SLICE_SECONDS) or 8
        return max(1, min(fitting, *ends))

    def _epoch_order(self) -> Array:
        epoch = self.progress.epochs_done + 1
        if self._order is None or self._order[0] != epoch:
            seed = self.config.order_seed
            self._order = (epoch, epoch_order(seed, epoch, self._examples, self.config.shuffle))
        return self._order[1]

    def make_due_changes(self) -> None:
        """Make the planned changes whose step is reached."""
        while self.planned and self.planned[0][0] <= self.progress.step:
            _, name, value = self.planned.pop(0)
            self.change(name, value)

    def _watch(self, metrics: Metrics, before: int) -> None:
        bad = np.flatnonzero(~np.isfinite(metrics.losses))
        if len(bad) and self.diverged_at is None:
            self.diverged_at = before + int(bad[0]) + 1

    def _lines(self, first: int, seconds: float) -> list[Event]:
        """One line for each cell of the fixed grid that this slice completed."""
        progress, total = self.progress, self.progress.steps_per_epoch
        edges = sorted({math.ceil(total * k / LINES_PER_EPOCH) for k in range(LINES_PER_EPOCH + 1)})
        base, last = progress.step - progress.step_in_epoch, progress.step_in_epoch
        lines: list[Event] = []
        for start, end in itertools.pairwise(edges):
            if first < end <= last:
                cell = progress.over(start, end)
                lines.append(SliceMeasured(progress.epochs_done + 1, base + end, cell.loss, cell.error, seconds))
        return lines

    def _finish_epoch(self, started: float) -> list[Event]:
        progress = self.progress
        trained = progress.over(0, progress.steps_per_epoch)
        validation = self.learner.evaluate("validation")
        epoch, rate = progress.epochs_done + 1, self.learning_rate
        inspected = self.inspect(self.learner) if self.inspect else None
        progress.seconds += self._clock() - started
        progress.validation_losses.append(validation.loss)
        if validation.error < progress.best_error and math.isfinite(validation.loss):
            progress.best_error, progress.best_epoch = validation.error, epoch
        measured = EpochMeasured(
            epoch,
            progress.step,
            trained.loss,
            trained.error,
            validation.loss,
            validation.error,
            rate,
            progress.seconds,
        )
        return [measured] if inspected is None else [measured, Inspected(epoch, progress.step, inspected)]

    # -- state ---------------------------------------------------------------

    def checkpoint(self, about: Mapping[str, Any]) -> Checkpoint | None:
        """The complete state, with what the caller wants to say about it; None when it is not finite."""
        progress, valid = self.progress, self.progress.step_in_epoch
        tensors = self.learner.state_dict()
        if not is_finite(tensors):
            return None
        tensors["progress.losses"] = progress.losses[:valid].copy()
        tensors["progress.wrong"] = progress.wrong[:valid].copy()
        tensors["progress.examples"] = progress.examples[:valid].copy()
        tensors["progress.validation_losses"] = np.array(progress.validation_losses)
        if self.inspect and valid:  # between epochs the weights themselves are those that it remembers
            tensors |= {INSPECTED + name: array for name, array in self.inspect.state().items()}
        position = {"epoch": progress.epochs_done, "step": progress.step, "seconds": progress.seconds}
        best = {"epoch": progress.best_epoch, "error": progress.best_error} if progress.best_epoch else {}
        return Checkpoint(tensors, {**about, **position, "settings": dict(progress.settings), "best": best})

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of this run; `ValueError` when it does not fit."""
        about, progress = checkpoint.about, self.progress
        tensors = dict(checkpoint.tensors)
        losses, wrong, examples, validation = (
            tensors.pop(f"progress.{name}") for name in ("losses", "wrong", "examples", "validation_losses")
        )
        inspected = {name[len(INSPECTED) :]: tensors.pop(name) for name in [*tensors] if name.startswith(INSPECTED)}
        self.learner.load_state_dict(tensors)
        if self.inspect is not None:
            self.inspect.begin(self.learner, inspected)
        progress.step, progress.seconds = int(about["step"]), float(about["seconds"])
        progress.settings = dict(about["settings"])
        progress.best_epoch = int(about["best"].get("epoch", 0))
        progress.best_error = float(about["best"].get("error", math.inf))
        progress.validation_losses = [float(loss) for loss in validation]
        valid = progress.step_in_epoch
        progress.losses[:valid], progress.wrong[:valid], progress.examples[:valid] = losses, wrong, examples
        self._apply()
