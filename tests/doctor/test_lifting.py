"""Doubtful classes are asked for among all training examples: seldom, and exactly."""

from functools import lru_cache

import numpy as np
import pytest

from engines import load_engine
from engines.interface import Dataset, Learner
from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.doctor.case import case_of
from tui_trainer.events import Inspected, Lifted
from tui_trainer.history import History
from tui_trainer.run.lifting import DOUBTED_FOR, doubtful, lifted

CONFIG = RunConfig(network="assignment", train_examples=300, validation_examples=100)


def told(epochs: int, *unlifted: list[int]) -> History:
    """A history whose newest inspections found these classes unlifted."""
    history = History(CONFIG, 10)
    for classes in unlifted:
        history.add(Inspected(0, 0, [{"layer": "relu1", "kind": "relu", "unlifted": classes}]))
    history.epoch, history.step = epochs, 10 * epochs
    return history


@pytest.mark.parametrize(
    ("history", "classes"),
    [
        (told(DOUBTED_FOR, *[[3, 7]] * DOUBTED_FOR), [3, 7]),
        (told(DOUBTED_FOR, [3], *[[3, 7]] * (DOUBTED_FOR - 1)), [3]),
        (told(DOUBTED_FOR, [7], *[[3]] * (DOUBTED_FOR - 1)), []),
        (told(DOUBTED_FOR, *[[3]] * (DOUBTED_FOR - 1)), []),  # too few inspections, as after a fork
        (told(DOUBTED_FOR + 1, *[[3]] * (DOUBTED_FOR + 1)), []),  # not every epoch
        (told(2 * DOUBTED_FOR, [9], *[[3]] * DOUBTED_FOR), [3]),
    ],
)
def test_classes_are_doubtful_that_were_unlifted_for_ten_epochs(history: History, classes: list[int]) -> None:
    assert doubtful(history) == classes


def test_what_is_known_to_be_lost_is_not_asked_for_again_until_it_was_seen() -> None:
    history = told(DOUBTED_FOR, *[[3, 7]] * DOUBTED_FOR)
    history.add(Lifted(DOUBTED_FOR, 100, {"3": 0, "7": 2}))
    assert doubtful(history) == [7]
    assert case_of(history).lifted == {"3": 0, "7": 2}
    history.add(Inspected(11, 110, [{"layer": "relu1", "kind": "relu", "unlifted": [7]}]))  # an example lifts 3
    assert case_of(history).lifted == {"7": 2}


@lru_cache
def asked() -> tuple[Learner, Dataset]:
    splits = data.load(CONFIG).splits
    engine = load_engine("scratch")
    learner = engine.build(CONFIG.network_config, CONFIG.optimizer_config, splits=splits, seed=1)
    return learner, splits["training"]


def test_the_examples_that_lift_their_own_output_are_counted() -> None:
    learner, training = asked()
    own = training.inputs[training.labels == 4][:1].reshape(-1) / np.float32(255)
    state = learner.state_dict()
    state["linear1.weight"][4], state["linear1.bias"][4] = (
        own,
        -own @ own + np.float32(1e-3),
    )  # only this one, or its like
    state["linear1.bias"][6] = -1e4
    learner.load_state_dict(state)
    outputs = learner.predict(training.inputs)
    counts = lifted(learner, training, [4, 6], told(20)).counts
    assert counts == {str(c): int((outputs[training.labels == c, c] > 0).sum()) for c in (4, 6)}
    assert counts["4"] > 0
    assert counts["6"] == 0


def test_a_class_without_training_examples_is_lifted_by_none() -> None:
    learner, training = asked()
    kept = training.labels != 5
    fewer = Dataset(training.inputs[kept], training.labels[kept], 10, training.shift, training.factor)
    assert lifted(learner, fewer, [5], told(20)).counts == {"5": 0}
