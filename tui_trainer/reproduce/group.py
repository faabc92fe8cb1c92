"""Seeds that train side by side: one learner for all of them, and for each a seat that looks like a learner alone."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engines import load_engine
from engines.config import OptimizerConfig
from engines.interface import Array, Learner, Metrics, Trace
from engines.scratch.together import TogetherLearner, cannot_train_together
from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.training import Training

SLICE_SECONDS = 0.1  # how long the seeds train between two looks at signals
OWN = ("seed", "title")  # the settings in which seeds that train together may differ


def cannot_share(configs: Sequence[RunConfig], loaded: data.Loaded) -> str | None:
    """Why the runs of these configs cannot train side by side, in words; None where they can."""
    if len(configs) < 2:
        return "it is one run"
    first = configs[0]
    for name, value in first.to_mapping().items():
        if name not in OWN and any(config.to_mapping()[name] != value for config in configs):
            return f"they differ in {name}"
    if first.data_seed is None:
        return "each has its own data"
    if first.engine != "scratch":
        return f"engine {first.engine} trains one at a time"
    training = loaded.splits["training"]
    return cannot_train_together(first.network_config, training.inputs.shape[1:], training.classes)


class Group:
    """Trains all seats when the first of them asks, and hands the others what came of it."""

    def __init__(self, configs: Sequence[RunConfig], loaded: data.Loaded) -> None:
        first = configs[0]
        self.learner = TogetherLearner(
            first.network_config,
            first.optimizer_config,
            splits=loaded.splits,
            seeds=[config.seed for config in configs],
            threads=first.threads,
        )
        self.single: Learner = load_engine("scratch").build(  # lends itself to a seat that is looked into
            first.network_config, first.optimizer_config, splits=loaded.splits, seed=first.seed, threads=first.threads
        )
        self.seats = [Seat(self, place) for place in range(len(configs))]
        self.slice_steps = 8  # how many steps the next slice has
        self._steps_per_second = 0.0
        self._order = np.empty(0, np.int64)
        self._waiting: dict[int, Metrics] = {}  # seat → what came of the last slice, until it is asked for
        self._measured: dict[int, Metrics] = {}  # the same of the last evaluation

    def begin_round(self) -> None:
        """Settle how long the next slice is: the same for all seats."""
        self.slice_steps = max(8, int(self._steps_per_second * SLICE_SECONDS))

    def train(self, place: int, order: Array, batch_size: int) -> Metrics:
        """What a slice brought to a seat; the first that asks has it trained."""
        if place not in self._waiting:
            started = time.perf_counter()
            self._waiting = dict(enumerate(self.learner.train(order, batch_size)))
            self._order, self._measured = order, {}
            took = time.perf_counter() - started
            self._steps_per_second = len(self._waiting[place].losses) / took
            self._share(took)
        if not np.array_equal(order, self._order):
            raise RuntimeError("seats must train in step")
        return self._waiting.pop(place)

    def evaluate(self, place: int, split: str, batch_size: int) -> Metrics:
        """The metrics of a seat on a split."""
        if place not in self._measured:
            started = time.perf_counter()
            self._measured = dict(enumerate(self.learner.evaluate(split, batch_size)))
            self._share(time.perf_counter() - started)
        return self._measured.pop(place)

    def _share(self, seconds: float) -> None:
        """Each seat is charged its part of the time that all took."""
        for seat in self.seats:
            seat.owed += seconds / len(self.seats)

    def forget(self, place: int) -> None:
        """A seat takes up another state: what waits for it is no longer its own."""
        self._waiting.pop(place, None)
        self._measured.pop(place, None)


class Seat:
    """One seed of a group, as `engines.interface.Learner` has it."""

    def __init__(self, group: Group, place: int) -> None:
        self._group, self._place = group, place
        self._own_seconds = 0.0
        self.owed = 0.0  # seconds of the group's time that this seat has not yet been charged

    def clock(self) -> float:
        """Seconds of training that are this seat's share."""
        return self._own_seconds

    def _charge(self) -> None:
        self._own_seconds, self.owed = self._own_seconds + self.owed, 0.0

    def train(self, order: Array, batch_size: int) -> Metrics:
        """See `Learner.train`; all seats must ask for the same."""
        metrics = self._group.train(self._place, order, batch_size)
        self._charge()
        return metrics

    def evaluate(self, split: str, batch_size: int = 1000) -> Metrics:
        """See `Learner.evaluate`."""
        metrics = self._group.evaluate(self._place, split, batch_size)
        self._charge()
        return metrics

    def predict(self, inputs: Array) -> Array:
        """See `Learner.predict`."""
        return self.alone().predict(inputs)

    def trace(self, inputs: Array, labels: Array) -> Trace:
        """See `Learner.trace`."""
        return self.alone().trace(inputs, labels)

    def alone(self) -> Learner:
        """A learner of its own in this seat's state; the group has one, so the next seat that asks takes it away."""
        self._group.single.load_state_dict(self.state_dict())
        return self._group.single

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        """See `Learner.change`; it holds for all seats."""
        self._group.learner.change(optimizer, dropout)

    def state_dict(self) -> dict[str, Array]:
        """See `Learner.state_dict`."""
        return self._group.learner.state_dict(self._place)

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """See `Learner.load_state_dict`."""
        self._group.learner.load_state_dict(self._place, state)
        self._group.forget(self._place)


class SeatTraining(Training):
    """The training of one seat: its slices are as long as the group's."""

    def __init__(self, config: RunConfig, learner: Seat, examples: int, *, group: Group, **rest: Any) -> None:
        super().__init__(config, learner, examples, clock=learner.clock, **rest)
        self._group, self._seat = group, learner

    def lent(self) -> Learner:
        """Not the seat, whose steps are those of all."""
        return self._seat.alone()

    def fitting_steps(self) -> int:
        """As many as the group settled on."""
        return self._group.slice_steps
