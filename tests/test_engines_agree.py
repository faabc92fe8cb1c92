"""The two engines train the same network to the same weights, on the real MNIST, and go on from each other's state."""

import gzip
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from engines import load_engine
from engines.config import OPTIMIZERS, LayerConfig, NetworkConfig, OptimizerConfig
from engines.interface import Dataset

MNIST = Path(__file__).parents[1] / "tui_trainer" / "data" / "mnist"
ORDER = np.random.default_rng(0).permutation(30_000)[: 937 * 32]
ENGINES = ("scratch", "pytorch")
SMALL_CONVOLUTIONAL = NetworkConfig(
    "custom",
    initializer="he",
    dropout=0.25,
    dropout_at="hidden",
    layers=(
        *(LayerConfig("conv2d", {"outputs": 4, "kernel": 5, "stride": 2}), LayerConfig("batch-norm")),
        *(LayerConfig("gelu"), LayerConfig("max-pool2d"), LayerConfig("flatten")),
        *(LayerConfig("linear", {"outputs": 20}), LayerConfig("tanh"), LayerConfig("linear", {"outputs": 10})),
    ),
)


@pytest.fixture(scope="module")
def splits() -> dict[str, Dataset]:
    with gzip.open(MNIST / "train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(MNIST / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8).astype(np.int64)
    parts = {"training": slice(30_000), "validation": slice(30_000, 35_000)}
    return {name: Dataset(images[part], labels[part], 10, factor=1 / 255) for name, part in parts.items()}


def pair(network, settings, splits):
    return [load_engine(name).build(network, settings, splits=splits, seed=7) for name in ENGINES]


def largest_difference(one, other):
    first, second = one.state_dict(), other.state_dict()
    assert first.keys() == second.keys()
    assert np.array_equal(first["random.masks"], second["random.masks"])
    names = first.keys() - {"random.masks"}
    return max(float(np.abs(first[name] - second[name]).max()) for name in names)


@pytest.mark.parametrize(
    ("name", "dropout_at"),
    [("assignment", "none"), ("assignment", "input"), ("assignment", "logits"), ("softmax", "none"), ("mlp", "hidden")],
)
def test_an_epoch_leads_both_to_the_same_weights(name, dropout_at, splits) -> None:
    network = NetworkConfig(name, initializer="pytorch", dropout=0.25, dropout_at=dropout_at)
    scratch, pytorch = pair(network, OptimizerConfig("sgd", 0.01), splits)
    ours, theirs = scratch.train(ORDER, 32), pytorch.train(ORDER, 32)
    assert largest_difference(scratch, pytorch) <= 1e-5
    np.testing.assert_allclose(ours.losses, theirs.losses, atol=1e-5)
    assert (ours.wrong != theirs.wrong).mean() < 0.01  # but for ties in the last bit
    assert abs(scratch.evaluate("validation").loss - pytorch.evaluate("validation").loss) < 1e-5


@pytest.mark.parametrize("network", [SMALL_CONVOLUTIONAL, NetworkConfig("lenet", initializer="pytorch")])
def test_convolutions_lead_both_to_the_same_weights(network, splits) -> None:
    scratch, pytorch = pair(network, OptimizerConfig("sgd", 0.01), splits)
    for learner in (scratch, pytorch):
        learner.train(ORDER[: 60 * 32], 32)
    assert largest_difference(scratch, pytorch) <= 1e-5


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0)])
def test_a_state_goes_on_in_the_other_engine(optimizer, first, second, splits) -> None:
    network = NetworkConfig("mlp", hidden=(16,), initializer="he", dropout=0.25, dropout_at="hidden")
    settings = OptimizerConfig(optimizer, 0.001, weight_decay=0.001, clip_norm=1.0)
    learners = pair(network, settings, splits)
    learners[first].train(ORDER[: 50 * 32], 32)
    learners[second].load_state_dict(learners[first].state_dict())
    assert largest_difference(*learners) == 0
    for learner in learners:
        learner.train(ORDER[50 * 32 : 100 * 32], 32)
    assert largest_difference(*learners) <= 1e-4


@pytest.mark.parametrize("loss", ["cross-entropy", "mean-squared-error"])
def test_both_see_the_same_inside(loss, splits) -> None:
    network = NetworkConfig("mlp", initializer="he", loss=loss, label_smoothing=0.1)
    images, labels = splits["validation"].inputs[:100], splits["validation"].labels[:100]
    scratch, pytorch = (learner.trace(images, labels) for learner in pair(network, OptimizerConfig(), splits))
    assert scratch.loss == pytest.approx(pytorch.loss, abs=1e-5)
    for kind in ("activations", "gradients"):
        ours, theirs = getattr(scratch, kind), getattr(pytorch, kind)
        assert list(ours) == list(theirs)
        for name in ours:
            np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5, err_msg=name)
