"""Asks the doctor about a run while it trains; whatever goes wrong in here, the run goes on."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from engines.interface import Dataset
from tui_trainer.checkpoint import CheckpointError, read_checkpoint
from tui_trainer.data import epoch_order
from tui_trainer.doctor import Doctor, survey
from tui_trainer.events import EpochMeasured, Event, NotFinite, Surveyed, Warned
from tui_trainer.history import History
from tui_trainer.store import CheckpointStore
from tui_trainer.training import Training


class Consultation:
    """The doctor at the side of one training: a survey at its start, a look after each epoch, and after a NaN."""

    def __init__(self, training: Training, splits: Mapping[str, Dataset], checkpoints: CheckpointStore) -> None:
        self._training, self._splits, self._checkpoints = training, splits, checkpoints
        self._doctor = Doctor()
        self._explained = False  # whether the NaN was looked into
        self._failed = False

    def begin(self, history: History) -> Iterable[Event]:
        """What the data and the first weights say; once in the life of a run."""
        return self._safely(self._begin, history) if history.surveyed is None else ()

    def after(self, events: Iterable[Event], history: History) -> Iterable[Event]:
        """What there is to say after a slice that measured `events`, which are in `history` already."""
        diverged = self._training.diverged_at is not None and not self._explained
        if diverged or any(isinstance(event, EpochMeasured) for event in events):
            return self._safely(self._look, history)
        return ()

    def _begin(self, history: History) -> list[Event]:
        training, progress = self._training, self._training.progress
        data = survey(training.config, self._splits)
        surveyed = Surveyed(progress.epochs_done, progress.step, data, self._first_layers())
        history.surveyed = surveyed
        return [surveyed, *self._doctor.look(history)]

    def _first_layers(self) -> list[dict[str, Any]]:
        inspect, learner = self._training.inspect, self._training.learner
        if inspect is None:
            return []
        remembered = inspect.state()  # of a fork within an epoch, these are not the weights as they are
        layers = inspect(learner)
        inspect.begin(learner, remembered)
        return layers

    def _look(self, history: History) -> list[Event]:
        found: list[Event] = []
        if self._training.diverged_at is not None and not self._explained:
            self._explained = True
            history.not_finite = where_it_arose(self._training, self._splits["training"], self._checkpoints)
            found.append(history.not_finite)
        return found + self._doctor.look(history)

    def _safely(self, look: Callable[[History], list[Event]], history: History) -> list[Event]:
        try:
            return [] if self._failed else look(history)
        except Exception as error:  # an instrument must never hurt what it measures
            self._failed = True
            return [Warned(f"the doctor failed and looks no more: {type(error).__name__}: {error}")]


def where_it_arose(training: Training, data: Dataset, checkpoints: CheckpointStore) -> NotFinite:
    """Train again from the checkpoint of this epoch up to the bad step, and look into that; changes nothing."""
    learner, progress, config = training.learner, training.progress, training.config
    bad = training.diverged_at or progress.step
    broken = learner.state_dict()
    begun, state = _state_before(training, checkpoints, bad)
    if state is None:
        return NotFinite(progress.epochs_done + 1, bad, *_first_bad(broken, "weight"))
    order = epoch_order(config.order_seed, progress.epochs_done + 1, len(data), config.shuffle)
    first, size = progress.epochs_done * progress.steps_per_epoch, config.batch_size
    try:
        learner.load_state_dict(state)
        learner.train(order[(begun - first) * size : (bad - 1 - first) * size], size)
        batch = order[(bad - 1 - first) * size : (bad - first) * size]
        with np.errstate(all="ignore"):
            trace = learner.trace(data.inputs[batch], data.labels[batch])
        outputs = {name: np.abs(values).max() for name, values in trace.activations.items()}
        layer, part = _first_bad(trace.activations, "output")
        if not layer:
            layer, part = _first_bad(trace.gradients, "gradient")
        if not layer:
            layer, part = _first_bad(broken, "weight")
        largest = {name: float(value) for name, value in outputs.items() if np.isfinite(value)}
        return NotFinite(progress.epochs_done + 1, bad, layer, part, largest)
    finally:
        learner.load_state_dict(broken)


def _first_bad(arrays: Mapping[str, np.ndarray], part: str) -> tuple[str, str]:
    for name, values in arrays.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            return name.split(".")[0], part
    return "", part


def _state_before(
    training: Training, checkpoints: CheckpointStore, bad: int
) -> tuple[int, dict[str, np.ndarray] | None]:
    """The newest saved state of the learner from this epoch and before the bad step, and its step."""
    names = training.learner.state_dict().keys()
    for name in checkpoints.names():
        try:
            saved = read_checkpoint(checkpoints.path(name))
        except CheckpointError:
            continue
        step, first = int(saved.about["step"]), training.progress.epochs_done * training.progress.steps_per_epoch
        if first <= step < bad:
            return step, {key: saved.tensors[key] for key in names}
    return 0, None
