"""Seeds side by side give the very bits of each seed alone."""

from pathlib import Path

import numpy as np
import pytest

from engines.config import NetworkConfig, OptimizerConfig
from engines.interface import Dataset
from engines.scratch.learner import ScratchLearner
from engines.scratch.together import TogetherLearner, cannot_train_together
from tui_trainer import data
from tui_trainer.config import resolve

SEEDS = (3, 0, 11)
BATCH = 32

CASES = {
    "printed": (NetworkConfig(), OptimizerConfig()),
    "softmax": (NetworkConfig("softmax", initializer="pytorch"), OptimizerConfig("adam")),
    "on the input": (NetworkConfig(dropout=0.25, dropout_at="input"), OptimizerConfig("rmsprop")),
    "on the logits": (NetworkConfig(dropout=0.5, dropout_at="logits"), OptimizerConfig("adam")),
    "deep": (
        NetworkConfig("mlp", (24, 16), initializer="he", dropout=0.3, dropout_at="hidden", label_smoothing=0.1),
        OptimizerConfig("adamw", weight_decay=0.01, clip_norm=0.5),
    ),
    "squares": (NetworkConfig("mlp", (16,), loss="mean-squared-error"), OptimizerConfig("nesterov", weight_decay=0.1)),
}


@pytest.fixture(scope="module")
def splits(small_mnist: Path) -> dict[str, Dataset]:
    return data.load(resolve({"data": str(small_mnist)})).splits


def alone(case: str, splits: dict[str, Dataset], seed: int) -> ScratchLearner:
    return ScratchLearner(*CASES[case], splits=splits, seed=seed, threads=1)


def orders() -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.permutation(640) for _ in range(3)]


def assert_same_state(learner: ScratchLearner, together: TogetherLearner, place: int) -> None:
    state = together.state_dict(place)
    assert state.keys() == learner.state_dict().keys()
    for name, value in learner.state_dict().items():
        np.testing.assert_array_equal(state[name], value, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_each_seed_gets_the_bits_of_itself_alone(case: str, splits: dict[str, Dataset]) -> None:
    together = TogetherLearner(*CASES[case], splits=splits, seeds=SEEDS)
    learners = [alone(case, splits, seed) for seed in SEEDS]
    for order in orders():
        for place, metrics in enumerate(together.train(order, BATCH)):
            expected = learners[place].train(order, BATCH)
            np.testing.assert_array_equal(metrics.losses, expected.losses)
            np.testing.assert_array_equal(metrics.wrong, expected.wrong)
    for place, metrics in enumerate(together.evaluate("validation")):
        assert metrics.loss == learners[place].evaluate("validation").loss
        assert metrics.error == learners[place].evaluate("validation").error
        assert_same_state(learners[place], together, place)


@pytest.mark.parametrize("case", CASES)
def test_a_state_goes_from_alone_to_together_and_back(case: str, splits: dict[str, Dataset]) -> None:
    first, second, third = orders()
    together = TogetherLearner(*CASES[case], splits=splits, seeds=SEEDS)
    learners = [alone(case, splits, seed) for seed in SEEDS]
    for place, learner in enumerate(learners):
        learner.train(first, BATCH)
        together.load_state_dict(place, learner.state_dict())
    together.train(second, BATCH)
    fresh = alone(case, splits, 99)
    fresh.load_state_dict(together.state_dict(1))
    fresh.train(third, BATCH)
    for order in (second, third):
        learners[1].train(order, BATCH)
    np.testing.assert_array_equal(fresh.state_dict()["linear1.weight"], learners[1].state_dict()["linear1.weight"])


def test_a_change_reaches_every_seed(splits: dict[str, Dataset]) -> None:
    first, second, _ = orders()
    changed = OptimizerConfig("adam", learning_rate=0.003, weight_decay=0.1)
    together = TogetherLearner(*CASES["on the logits"], splits=splits, seeds=SEEDS)
    learners = [alone("on the logits", splits, seed) for seed in SEEDS]
    together.train(first, BATCH)
    together.change(changed, 0.2)
    together.train(second, BATCH)
    for place, learner in enumerate(learners):
        learner.train(first, BATCH)
        learner.change(changed, 0.2)
        learner.train(second, BATCH)
        assert_same_state(learner, together, place)


def test_a_last_smaller_batch(splits: dict[str, Dataset]) -> None:
    together = TogetherLearner(*CASES["deep"], splits=splits, seeds=SEEDS)
    learner = alone("deep", splits, SEEDS[0])
    order = orders()[0][:100]
    np.testing.assert_array_equal(together.train(order, BATCH)[0].losses, learner.train(order, BATCH).losses)
    assert_same_state(learner, together, 0)


def test_a_seed_that_diverges_leaves_the_others_alone(splits: dict[str, Dataset]) -> None:
    together = TogetherLearner(*CASES["printed"], splits=splits, seeds=SEEDS)
    learner = alone("printed", splits, SEEDS[2])
    broken = together.state_dict(0)
    broken["linear1.weight"][:] = np.nan
    together.load_state_dict(0, broken)
    together.train(orders()[0], BATCH)
    learner.train(orders()[0], BATCH)
    assert_same_state(learner, together, 2)


def test_networks_that_cannot_be_trained_side_by_side_say_so(splits: dict[str, Dataset]) -> None:
    assert cannot_train_together(NetworkConfig("mlp"), (28, 28), 10) is None
    assert "conv2d" in (cannot_train_together(NetworkConfig("lenet"), (28, 28), 10) or "")
    with pytest.raises(ValueError, match="conv2d"):
        TogetherLearner(NetworkConfig("lenet"), OptimizerConfig(), splits=splits, seeds=SEEDS)


def test_a_state_that_does_not_fit_changes_nothing(splits: dict[str, Dataset]) -> None:
    together = TogetherLearner(*CASES["printed"], splits=splits, seeds=SEEDS)
    before = together.state_dict(1)
    with pytest.raises(ValueError, match="lacks"):
        together.load_state_dict(1, {name: value * 0 for name, value in before.items() if name != "linear1.bias"})
    np.testing.assert_array_equal(together.state_dict(1)["linear1.weight"], before["linear1.weight"])
