"""What the from-scratch engine refuses: in one line, before anything has changed."""

from dataclasses import replace

import numpy as np
import pytest
from learner_cases import TRAINING, VALIDATION, assert_same_state, learner, order


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda it: it.train(np.array([0, 200]), 1), "order must be from 0 to 199, not 0 to 200"),
        (lambda it: it.train(np.array([-1, 2]), 1), "order must be from 0 to 199, not -1 to 2"),
        (lambda it: it.train(np.array([0.5]), 1), "order must be a row of whole numbers"),
        (lambda it: it.train(np.array([[1]]), 1), "order must be a row of whole numbers"),
        (lambda it: it.train(order(), 0), "batch size must be at least 1, not 0"),
        (lambda it: it.evaluate("validation", 0), "batch size must be at least 1, not 0"),
        (lambda it: it.evaluate("exam"), "no split 'exam': choose from training, validation"),
        (lambda it: it.predict(np.zeros((2, 8, 9), np.uint8)), r"inputs must be \(examples, 8, 8\), not \(2, 8, 9\)"),
        (lambda it: it.predict(np.zeros((0, 8, 8), np.uint8)), r"inputs must be \(examples, 8, 8\), not \(0, 8, 8\)"),
        (lambda it: it.predict(np.zeros((2, 8, 8))), "inputs must be uint8 or float32, not float64"),
        (lambda it: it.trace(VALIDATION.inputs[:2], np.array([0, 5])), "labels must be from 0 to 4, not 0 to 5"),
        (lambda it: it.trace(VALIDATION.inputs[:2], np.array([0])), "labels must be 2 whole numbers"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(act, sentence):
    refused = learner()
    before = refused.state_dict()
    with pytest.raises(ValueError, match=sentence) as error:
        act(refused)
    assert "\n" not in str(error.value)
    assert_same_state(before, refused.state_dict())


@pytest.mark.parametrize(
    ("splits", "sentence"),
    [
        ({}, "no training split among none"),
        ({"training": replace(TRAINING, labels=TRAINING.labels + 1)}, "training: labels must be from 0 to 4"),
        ({"training": replace(TRAINING, labels=TRAINING.labels[:5])}, "training: labels must be 200 whole numbers"),
        ({"training": TRAINING, "v": replace(VALIDATION, classes=6)}, "v: 6 classes, but training has 5"),
        ({"training": TRAINING, "v": replace(VALIDATION, inputs=VALIDATION.inputs[:, 1:])}, "v: inputs must be"),
    ],
)
def test_splits_that_do_not_fit_are_refused(splits, sentence):
    with pytest.raises(ValueError, match=sentence):
        learner(splits=splits)


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing():
    refused = learner()
    before = refused.state_dict()
    lacking = {name: value for name, value in before.items() if name != "linear1.bias"}
    misshapen = before | {"linear1.weight": np.zeros((64, 16), np.float32), "linear1.bias": np.ones(16, np.float32)}
    for state, sentence in (
        (lacking, "the state lacks linear1.bias"),
        (before | {"linear9.bias": np.zeros(3)}, "the state has unknown linear9.bias"),
        (misshapen, r"the state's linear1.weight must have shape \(16, 64\), not \(64, 16\)"),
    ):
        with pytest.raises(ValueError, match=sentence):
            refused.load_state_dict(state)
    assert_same_state(before, refused.state_dict())
