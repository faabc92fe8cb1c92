"""The training loop: a generator that trains slice by slice and yields what it measured."""

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from engines.interface import Array, Learner, Metrics
from engines.schedules import learning_rate_at
from tui_trainer.checkpoint import Checkpoint, CheckpointError, is_finite
from tui_trainer.config import RunConfig
from tui_trainer.data import epoch_order
from tui_trainer.events import EpochMeasured, Event, Inspected, SliceMeasured
from tui_trainer.progress import PREFIX, Progress
from tui_trainer.settings import SettingError

SLICE_SECONDS = 0.05  # how long a slice may take, so that requests are answered soon
LINES_PER_EPOCH = 10  # training is reported on a fixed grid, so that metrics do not depend on the speed
INSPECTED = PREFIX + "inspected."  # what the names of the weights that an inspection remembers begin with


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
    steps = config.steps_in(examples)
    if steps == 0:
        raise ValueError(f"batch-size: must be at most {examples}, the number of training examples")
    return steps


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
        self.diverged_at: int | None = None  # the first step whose loss, or the weights after it, were not finite
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
        before = dict(self.progress.settings)
        self.progress.settings[name] = getattr(self.config.replace(**{name: value}), name)
        try:
            self._apply()
        except ValueError as error:
            self.progress.settings = before
            raise SettingError(name, str(error)) from None

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
        while not self.done and not self.halted:
            started = self._clock()
            events = self._one_slice()
            if self.progress.step_in_epoch == self.progress.steps_per_epoch and not self.halted:
                events.extend(self._finish_epoch(started))
            else:
                self.progress.seconds += self._clock() - started
            yield events
            self.make_due_changes()

    @property
    def halted(self) -> bool:
        """Whether the loss or the weights are not finite, and the config does not say to go on."""
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
        return max(1, min(self.fitting_steps(), *ends))

    def fitting_steps(self) -> int:
        """How many steps take about as long as a slice may."""
        return int(self._steps_per_second * SLICE_SECONDS) or 8

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
        if len(bad):
            self._diverge(before + int(bad[0]) + 1)

    def _diverge(self, step: int) -> None:
        self.diverged_at = step if self.diverged_at is None else self.diverged_at

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
        if not math.isfinite(validation.loss):
            self._diverge(progress.step)
        elif validation.error < progress.best_error:
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
        tensors = self.learner.state_dict()
        if not is_finite(tensors):
            self._diverge(self.progress.step)
            return None
        if self.inspect and self.progress.step_in_epoch:  # between epochs the weights are those that it remembers
            tensors |= {INSPECTED + name: array for name, array in self.inspect.state().items()}
        return Checkpoint(tensors | self.progress.tensors(), {**about, **self.progress.about()})

    def lent(self) -> Learner:
        """A learner in this state, to try something with; whoever does gives it its state back."""
        return self.learner

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint, or raise and change nothing.

        `CheckpointError` where its parts do not agree with each other; `ValueError` says what in it is not of this run.
        """
        here = self.progress.steps_per_epoch
        if (there := checkpoint.about.get("steps_per_epoch", here)) != here:
            raise ValueError(f"the state has {there} steps in an epoch, not {here}")
        progress = Progress.read(checkpoint, here)
        self._check_settings(progress.settings)
        tensors = checkpoint.tensors
        state = {name: array for name, array in tensors.items() if not name.startswith(PREFIX)}
        self.learner.load_state_dict(with_optimizer(state, self.learner.state_dict()))
        if self.inspect is not None:
            remembered = {k.removeprefix(INSPECTED): tensors[k] for k in tensors if k.startswith(INSPECTED)}
            self.inspect.begin(self.learner, remembered)
        self.progress = progress
        self._apply()

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        try:
            self.config.replace(**settings)
        except (SettingError, TypeError) as error:
            raise CheckpointError(f"its settings cannot be: {error}") from None


def with_optimizer(state: Mapping[str, Array], own: Mapping[str, Array]) -> dict[str, Array]:
    """A saved state; one without an optimizer's arrays, as a fork to another optimizer begins, gets such as have seen
    nothing yet, shaped like the learner's `own`."""
    if any(name.startswith("optimizer.") for name in state):
        return dict(state)
    return {**state, **{name: np.zeros_like(a) for name, a in own.items() if name.startswith("optimizer.")}}
