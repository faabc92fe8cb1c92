"""The loop: what it measures does not depend on how it is cut, changes come at their step, and NaN stops it."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.config import OptimizerConfig
from engines.interface import Array, Metrics, Trace
from tui_trainer.checkpoint import Checkpoint, CheckpointError
from tui_trainer.config import RunConfig, resolve
from tui_trainer.events import EpochMeasured, SliceMeasured
from tui_trainer.settings import SettingError
from tui_trainer.training import Training, steps_per_epoch


class CountingLearner:
    """Its weight is the number of examples that it has seen, and its loss a function of that."""

    def __init__(self) -> None:
        self.weight = np.zeros(1, np.float32)
        self.seen: list[int] = []
        self.settings: list[tuple[int, float, float]] = []  # (step, learning rate, dropout), at each change
        self.bad_at: int | None = None  # the step whose loss is not a number
        self.bad_validation = False
        self.steps = 0

    def train(self, order: Array, batch_size: int) -> Metrics:
        losses, sizes = [], []
        for first in range(0, len(order), batch_size):
            batch = order[first : first + batch_size]
            self.steps += 1
            self.seen += batch.tolist()
            losses.append(math.nan if self.steps == self.bad_at else 1 / self.steps + 0.1 * batch[0])
            sizes.append(len(batch))
        self.weight += len(losses)
        return Metrics(np.array(losses), np.array(sizes) // 2, np.array(sizes))

    def evaluate(self, split: str, batch_size: int = 1000) -> Metrics:
        loss = math.inf if self.bad_validation else 1 / self.steps
        return Metrics(np.array([loss]), np.array([1]), np.array([4]))

    def predict(self, inputs: Array) -> Array:
        return inputs

    def trace(self, inputs: Array, labels: Array) -> Trace:
        return Trace({}, {}, 0.0)

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        if dropout == 0.75:
            raise ValueError("this learner cannot drop three quarters")
        self.settings.append((self.steps, optimizer.learning_rate, dropout))

    def state_dict(self) -> dict[str, Array]:
        return {"weight": self.weight.copy(), "optimizer.step": np.array(self.steps)}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        if set(state) != {"weight", "optimizer.step"}:
            raise ValueError("the state has other names")
        self.weight, self.steps = np.array(state["weight"]), int(state["optimizer.step"])


def made(**changes: Any) -> Training:
    """A training of three epochs of 21 steps, the last of them smaller."""
    config = resolve({"batch_size": 4, "partial_batch": True, "epochs": 3, **changes})
    return Training(config, CountingLearner(), 83, clock=iter(range(1_000_000)).__next__)


def counting(training: Training) -> CountingLearner:
    """Its learner."""
    assert isinstance(training.learner, CountingLearner)
    return training.learner


def cut_into(training: Training, sizes: list[int]) -> list[dict]:
    """Train in slices of at most these many steps; what was measured, without its seconds."""
    said, i = [], 0
    slices = training.slices()
    while True:
        training._steps_per_second = 20.0 * sizes[i % len(sizes)]  # of which a slice takes a twentieth
        i += 1
        try:
            events = next(slices)
        except StopIteration:
            return said
        said += [{**dataclasses.asdict(event), "seconds": 0, "kind": type(event)} for event in events]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_what_is_measured_does_not_depend_on_how_it_is_cut(sizes: list[int]) -> None:
    assert cut_into(made(), sizes) == cut_into(made(), [1])


def test_each_epoch_has_its_lines_and_every_example_once() -> None:
    training = made()
    said = cut_into(training, [7])
    assert [line["step"] for line in said if line["kind"] is EpochMeasured] == [21, 42, 63]
    assert len([line for line in said if line["kind"] is SliceMeasured]) == 30
    seen = counting(training).seen
    assert [sorted(seen[i * 83 : (i + 1) * 83]) for i in range(3)] == [list(range(83))] * 3
    assert seen[:83] != seen[83:166]


def test_a_slice_line_is_the_mean_over_its_steps() -> None:
    training = made(shuffle=False)
    lines = [line for line in cut_into(training, [21]) if line["kind"] is SliceMeasured]
    losses = [1 / step + 0.1 * 4 * (step - 1) for step in range(1, 22)]
    assert lines[0]["loss"] == pytest.approx(np.mean(losses[:3]))  # of 21 steps, the first line is due after 3
    assert lines[9]["loss"] == pytest.approx((losses[19] * 4 + losses[20] * 3) / 7)


@given(st.integers(1, 62), st.integers(1, 30))
def test_a_stop_and_a_planned_change_come_at_their_step(at: int, size: int) -> None:
    training = made()
    training.stop_at = at
    training.planned = [(at, "learning_rate", 0.5), (at, "dropout", 0.25)]
    slices = training.slices()
    while training.progress.step < at:
        training._steps_per_second = 20.0 * size
        next(slices)
    assert training.progress.step == at
    next(slices, None)
    changed = [change for change in counting(training).settings if change[1] == 0.5]
    assert changed[0][0] == at
    assert (training.setting("learning_rate"), training.setting("dropout")) == (0.5, 0.25)


def test_the_schedule_moves_between_epochs() -> None:
    training = made(schedule="step", schedule_every=1, schedule_factor=0.5, learning_rate=0.8)
    said = cut_into(training, [5])
    assert [line["learning_rate"] for line in said if line["kind"] is EpochMeasured] == [0.8, 0.4, 0.2]


def test_a_loss_that_is_not_finite_stops_at_its_step() -> None:
    training = made()
    counting(training).bad_at = 30
    cut_into(training, [4])
    assert training.diverged_at == 30
    assert 30 <= training.progress.step < 34
    assert training.halted


def test_or_goes_on_as_the_setting_says() -> None:
    training = made(on_divergence="continue")
    counting(training).bad_at = 30
    cut_into(training, [4])
    assert (training.diverged_at, training.progress.step) == (30, 63)
    assert not training.halted


def test_a_validation_loss_that_is_not_finite_stops_too() -> None:
    training = made()
    counting(training).bad_validation = True
    said = cut_into(training, [4])
    assert training.diverged_at == 21
    assert said[-1]["validation_loss"] == math.inf
    assert training.progress.best_epoch == 0


def test_a_state_that_is_not_finite_is_no_checkpoint_and_stops() -> None:
    training = made()
    next(training.slices())
    counting(training).weight[0] = -math.inf
    assert training.checkpoint({}) is None
    assert training.diverged_at == training.progress.step
    assert training.halted


def test_a_change_that_cannot_be_leaves_all_as_it_was() -> None:
    training = made()
    for name, value in [("learning_rate", -1), ("learning_rate", "fast"), ("dropout", 0.75), ("no_such", 1)]:
        with pytest.raises(SettingError):
            training.change(name, value)
    assert training.progress.settings == {}
    training.change("learning_rate", "0.5")
    assert training.learning_rate == 0.5


def test_more_epochs_can_be_asked_for_at_the_end() -> None:
    training = made()
    slices = training.slices()
    for _ in slices:
        if training.done and training.epochs == 3:
            training.change("epochs", 4)
    assert training.progress.epochs_done == 4


def test_restoring_is_all_or_nothing() -> None:
    training = made()
    next(training.slices())
    good = training.checkpoint({})
    assert good is not None
    fresh = made()
    before = fresh.learner.state_dict()
    without = {name: array for name, array in good.tensors.items() if name != "weight"}
    broken = [
        (Checkpoint(without, good.about), ValueError),
        (Checkpoint(good.tensors, {**good.about, "step": -1}), CheckpointError),
        (Checkpoint(good.tensors, {**good.about, "settings": {"learning_rate": -1}}), CheckpointError),
        (Checkpoint(good.tensors, {**good.about, "steps_per_epoch": 5}), ValueError),
        (Checkpoint({**good.tensors, "progress.losses": np.zeros(99)}, good.about), CheckpointError),
        (Checkpoint(good.tensors, {}), CheckpointError),
    ]
    for checkpoint, error in broken:
        with pytest.raises(error):
            fresh.restore(checkpoint)
        assert fresh.progress.step == 0
        assert fresh.learner.state_dict() == before
    fresh.restore(good)
    assert fresh.progress.step == training.progress.step
    assert cut_into(fresh, [3]) == cut_into(training, [5])


def test_there_must_be_a_step_in_an_epoch() -> None:
    config = RunConfig(batch_size=100)
    assert steps_per_epoch(config, 250) == 2
    assert steps_per_epoch(config.replace(partial_batch=True), 250) == 3
    with pytest.raises(ValueError, match="at most 99"):
        steps_per_epoch(config, 99)
