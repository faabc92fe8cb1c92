"""A recorded step is the step itself: the same bits for every layer, loss and optimizer, or it is not recorded."""

import logging
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from engines.config import OPTIMIZERS, LayerConfig, NetworkConfig, OptimizerConfig  # noqa: E402 - as torch is needed
from engines.conformance import BATCH, NETWORKS, ORDER, SPLITS, differing, train  # noqa: E402
from engines.pytorch.engine import PyTorchEngine  # noqa: E402
from engines.pytorch.step import TrainingStep  # noqa: E402
from engines.pytorch.tape import record  # noqa: E402

EVERY_LAYER = NetworkConfig(
    "custom",
    initializer="he",
    layers=(
        LayerConfig("conv2d", {"outputs": 4, "kernel": 3, "padding": 1}),
        *(LayerConfig("batch-norm"), LayerConfig("gelu"), LayerConfig("avg-pool2d")),
        *(LayerConfig("conv2d", {"outputs": 3, "kernel": 2, "stride": 1}), LayerConfig("leaky-relu")),
        *(LayerConfig("max-pool2d", {"kernel": 2, "stride": 1, "padding": 1}), LayerConfig("flatten")),
        *(LayerConfig("dropout", {"probability": 0.25}), LayerConfig("linear", {"outputs": 6})),
        *(LayerConfig("batch-norm"), LayerConfig("sigmoid"), LayerConfig("linear", {"outputs": 5})),
        *(LayerConfig("tanh"), LayerConfig("linear", {"outputs": 3}), LayerConfig("relu")),
    ),
)
ASSIGNMENT = NetworkConfig("assignment", initializer="pytorch")
SMOOTH = NetworkConfig("softmax", initializer="pytorch", label_smoothing=0.1)
SQUARED = NetworkConfig("softmax", initializer="pytorch", loss="mean-squared-error", label_smoothing=0.1)
STEPS = ORDER[: 40 * BATCH]


def learner(network, settings):
    return PyTorchEngine().build(network, settings, splits=SPLITS, seed=3)


def unrecorded(monkeypatch):
    monkeypatch.setattr(TrainingStep, "_tape", lambda self, batch: None)


@pytest.mark.parametrize("network", [EVERY_LAYER, ASSIGNMENT, SMOOTH, SQUARED, *NETWORKS])
def test_every_network_recorded_gives_the_bits_of_the_step_itself(network, monkeypatch, caplog) -> None:
    recorded, eager = (learner(network, OptimizerConfig("momentum", 0.02)) for _ in range(2))
    measured = train(recorded, 1, STEPS)
    assert not caplog.records  # it was recorded
    unrecorded(monkeypatch)
    assert np.array_equal(train(eager, 1, STEPS).losses, measured.losses)
    assert differing(recorded.state_dict(), eager.state_dict()) == []


@pytest.mark.parametrize("extras", [{}, {"weight_decay": 0.01, "clip_norm": 0.5}])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_recorded_gives_the_bits_of_the_step_itself(optimizer, extras, monkeypatch, caplog) -> None:
    recorded, eager = (learner(NETWORKS[1], OptimizerConfig(optimizer, 0.01, **extras)) for _ in range(2))
    train(recorded, 1, STEPS)
    assert not caplog.records  # it was recorded
    unrecorded(monkeypatch)
    train(eager, 1, STEPS)
    assert differing(recorded.state_dict(), eager.state_dict()) == []


CHANGES = [
    ({}, 0.25),
    ({"clip_norm": 0.1}, 0.25),
    ({"clip_norm": 0.1, "weight_decay": 0.1}, 0.25),
    ({"clip_norm": 0.2, "weight_decay": 0.1}, 0.0),
    ({}, 0.5),
]


def test_whatever_changes_the_operations_is_recorded_anew(monkeypatch) -> None:
    network = replace(NETWORKS[2], dropout=0.25, dropout_at="hidden")

    def run(learner):
        for extras, dropout in CHANGES:
            learner.change(OptimizerConfig("sgd", 0.05, **extras), dropout)
            learner.train(STEPS[: 5 * BATCH + 2], BATCH)  # the last batch has only two examples
        return learner.state_dict()

    recorded, eager = (learner(network, OptimizerConfig("sgd", 0.02)) for _ in range(2))
    after = run(recorded)
    unrecorded(monkeypatch)
    assert differing(after, run(eager)) == []


def test_a_step_that_cannot_be_recorded_is_taken_as_it_is_with_a_word_on_the_log(monkeypatch, caplog) -> None:
    recorded, eager = (learner(NETWORKS[1], OptimizerConfig("adam", 0.01)) for _ in range(2))
    train(recorded, 1, STEPS)

    def fail(*arguments):
        raise AttributeError("no such private part")

    monkeypatch.setattr("engines.pytorch.step.record", fail)
    with caplog.at_level(logging.WARNING, logger="engines.pytorch"):
        train(eager, 1, STEPS)
    assert [r.getMessage() for r in caplog.records] == ["training goes on unrecorded and slower: no such private part"]
    assert differing(recorded.state_dict(), eager.state_dict()) == []


def test_a_tape_reads_and_writes_what_it_was_recorded_on() -> None:
    total = torch.zeros(2, 3)

    def step(inputs):
        total.add_(inputs.t().t() * 2)
        values, places = torch.stack([total, inputs]).max(0)
        return values.sum(), places

    tape = record(step, torch.ones(2, 3))
    total.zero_()
    largest, places = tape.play(torch.full((2, 3), 5.0))
    assert torch.equal(total, torch.full((2, 3), 10.0))
    assert largest.item() == 60
    assert torch.equal(places, torch.zeros(2, 3, dtype=torch.int64))
    assert tape.play(torch.ones(2, 3))[0].item() == 72


def test_a_step_that_looks_at_a_number_is_not_recorded() -> None:
    with pytest.raises(NotImplementedError, match="looks at a number"):
        record(lambda inputs: (inputs * inputs.sum().item(),), torch.ones(2))
