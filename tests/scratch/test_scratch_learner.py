"""The from-scratch engine keeps the contract of engines.interface: slices, resume, masks, settings and errors."""

import warnings
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learner_cases import ADAM, CONVOLUTIONS, MLP, SPLITS, TRAINING, VALIDATION, assert_same_state, learner, order
from peak_memory import run_and_measure

from engines import engine_names, load_engine
from engines.config import OPTIMIZERS, LayerConfig, NetworkConfig, OptimizerConfig
from engines.interface import Dataset
from engines.masks import MaskStream
from engines.scratch import batches
from engines.scratch.learner import predictions


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 25), max_size=6), st.sampled_from([MLP, CONVOLUTIONS, NetworkConfig()]))
def test_however_the_order_is_cut_the_bits_are_the_same(cuts, network):
    whole, cut = learner(network), learner(network)
    expected = whole.train(order(), 8)
    ends = [0, *sorted(8 * cut for cut in cuts), 200]
    parts = [cut.train(order()[a:b], 8) for a, b in pairwise(ends)]
    assert_same_state(whole.state_dict(), cut.state_dict())
    for name in ("losses", "wrong", "examples"):
        np.testing.assert_array_equal(getattr(expected, name), np.concatenate([getattr(part, name) for part in parts]))


def test_the_size_of_a_block_changes_no_bit(monkeypatch):
    whole, small = learner(), learner()
    whole.train(order(), 8)
    monkeypatch.setattr(batches, "BLOCK_BYTES", 1)
    small.train(order(), 8)
    assert_same_state(whole.state_dict(), small.state_dict())


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("network", [MLP, CONVOLUTIONS], ids=["mlp", "convolutions"])
def test_a_state_goes_on_exactly_in_another_learner(name, network):
    optimizer = replace(ADAM, name=name, weight_decay=0.01)
    first, second = learner(network, optimizer), learner(network, optimizer, seed=77)
    first.train(order()[:96], 8)
    second.train(order()[:40], 8)
    second.load_state_dict(first.state_dict())
    assert_same_state(first.state_dict(), second.state_dict())
    metrics = [each.train(order()[96:], 8) for each in (first, second)]
    np.testing.assert_array_equal(metrics[0].losses, metrics[1].losses)
    assert_same_state(first.state_dict(), second.state_dict())


def test_a_state_has_the_names_and_types_of_the_contract():
    state = learner().state_dict()
    assert state["linear1.weight"].shape == (16, 64)
    assert state["optimizer.linear2.weight.exp_avg_sq"].shape == (5, 16)
    assert (state["optimizer.step"].shape, state["optimizer.step"].dtype) == ((), np.int64)
    assert (state["random.masks"].shape, state["random.masks"].dtype) == ((4,), np.uint64)
    assert {value.dtype for name, value in state.items() if name not in ("optimizer.step", "random.masks")} == {
        np.dtype(np.float32)
    }


def test_a_state_is_a_copy():
    trained = learner()
    state = trained.state_dict()
    kept = {name: value.copy() for name, value in state.items()}
    trained.train(order(), 8)
    assert_same_state(state, kept)


def test_looking_changes_nothing():
    looked, other = learner(CONVOLUTIONS), learner(CONVOLUTIONS)
    for each in (looked, other):
        each.train(order()[:80], 8)
    looked.evaluate("validation", 7)
    looked.predict(VALIDATION.inputs[:3])
    looked.trace(VALIDATION.inputs[:3], VALIDATION.labels[:3])
    assert_same_state(looked.state_dict(), other.state_dict())
    for each in (looked, other):
        each.train(order()[80:], 8)
    assert_same_state(looked.state_dict(), other.state_dict())


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 140))
def test_evaluation_is_the_same_in_batches_of_any_size(batch_size):
    trained = learner()
    logits, metrics = trained.predict(VALIDATION.inputs), trained.evaluate("validation", batch_size)
    wrong = logits.argmax(axis=1) != VALIDATION.labels
    assert metrics.examples.sum() == 130
    assert metrics.examples[:-1].tolist() == [batch_size] * (len(metrics.examples) - 1)
    assert metrics.wrong.tolist() == [wrong[i : i + batch_size].sum() for i in range(0, 130, batch_size)]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = -np.log((p / p.sum(axis=1, keepdims=True))[np.arange(130), VALIDATION.labels])
    assert metrics.loss == pytest.approx(expected.mean(), rel=1e-5)


def test_the_loss_of_a_step_is_measured_before_it_and_the_last_batch_may_be_smaller():
    plain = replace(MLP, dropout=0.0)
    trained, fresh = learner(plain), learner(plain)
    metrics = trained.train(order()[:20], 8)
    assert metrics.examples.tolist() == [8, 8, 4]
    first = Dataset(TRAINING.inputs[order()[:8]], TRAINING.labels[order()[:8]], 5, 3.0, 1 / 255)
    before = learner(plain, splits={"training": TRAINING, "first": first}).evaluate("first")
    assert metrics.losses[0] == pytest.approx(before.loss, rel=1e-6)
    assert fresh.train(order()[:0], 8).losses.shape == (0,)


def test_masks_are_drawn_from_one_stream_in_the_order_of_the_layers():
    network = replace(MLP, hidden=(16, 12))
    trained, masks = learner(network), MaskStream(1)
    trained.train(order()[:20], 8)
    for examples in (8, 8, 4):
        masks.draw((examples, 16), 0.3)
        masks.draw((examples, 12), 0.3)
    np.testing.assert_array_equal(trained.state_dict()["random.masks"], masks.state())


def test_a_change_takes_the_new_settings_and_keeps_the_state():
    changed, other = learner(), learner()
    for each in (changed, other):
        each.train(order()[:80], 8)
    before = changed.state_dict()
    changed.change(replace(ADAM, learning_rate=0.0), 0.0)
    assert_same_state(before, changed.state_dict())
    changed.train(order()[80:], 8)
    after = changed.state_dict()
    np.testing.assert_array_equal(before["linear1.weight"], after["linear1.weight"])
    np.testing.assert_array_equal(before["random.masks"], after["random.masks"])
    assert after["optimizer.step"] == 25
    with pytest.raises(ValueError, match="keeps its optimizer: adam, not sgd"):
        changed.change(OptimizerConfig("sgd"), 0.3)
    with pytest.raises(ValueError, match="dropout must be at least 0 and below 1"):
        changed.change(ADAM, 1.5)


def test_a_change_of_dropout_leaves_layers_alone_that_have_a_probability_of_their_own():
    layers = (
        LayerConfig("flatten"),
        LayerConfig("dropout", {"probability": 0.4}),
        LayerConfig("linear", {"outputs": 5}),
    )
    own = NetworkConfig("custom", layers=layers)
    changed, other = learner(own), learner(own)
    changed.change(ADAM, 0.7)
    for each in (changed, other):
        each.train(order(), 8)
    assert_same_state(changed.state_dict(), other.state_dict())


def test_a_trace_shows_activations_and_the_gradients_of_the_mean_loss():
    trained = learner()
    trace = trained.trace(VALIDATION.inputs[:6], VALIDATION.labels[:6])
    assert list(trace.activations) == ["flatten1", "linear1", "relu1", "dropout1", "linear2"]
    np.testing.assert_allclose(trace.activations["linear2"], trained.predict(VALIDATION.inputs[:6]), rtol=1e-6)
    state, direction = trained.state_dict(), 1e-3
    for name, gradient in trace.gradients.items():
        assert gradient.shape == state[name].shape
        state[name] = state[name] - direction * gradient
    trained.load_state_dict(state)
    lower = trained.trace(VALIDATION.inputs[:6], VALIDATION.labels[:6]).loss
    squared = sum(float((gradient**2).sum()) for gradient in trace.gradients.values())
    assert trace.loss - lower == pytest.approx(direction * squared, rel=0.05)


def test_inputs_are_shifted_and_scaled_alike_whether_stored_as_bytes_or_as_float32():
    floats = {name: replace(data, inputs=data.inputs.astype(np.float32)) for name, data in SPLITS.items()}
    ready = {
        name: Dataset((data.inputs - np.float32(3)) * np.float32(1 / 255), data.labels, 5)
        for name, data in SPLITS.items()
    }
    trained = [learner(splits=splits) for splits in (SPLITS, floats, ready)]
    for each in trained:
        each.train(order(), 8)
    assert_same_state(trained[0].state_dict(), trained[1].state_dict())
    assert_same_state(trained[0].state_dict(), trained[2].state_dict())


def test_a_training_that_diverges_says_so_by_its_losses_and_not_by_warnings():
    wild = learner(replace(MLP, dropout=0.0), OptimizerConfig("sgd", learning_rate=1e30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metrics = wild.train(order(), 8)
        wild.evaluate("validation")
        wild.trace(VALIDATION.inputs[:2], VALIDATION.labels[:2])
        assert np.isnan(wild.predict(VALIDATION.inputs[:2])).all()
    assert np.isfinite(metrics.losses[0])
    assert np.isnan(metrics.losses[-1])


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1))
def test_a_prediction_is_the_first_of_the_largest_logits(rows):
    logits = np.array(rows, np.float32)
    np.testing.assert_array_equal(predictions(logits), logits.argmax(axis=1))


def test_an_epoch_on_sixty_thousand_examples_stays_below_two_hundred_megabytes():
    script = """
import numpy as np
from engines import load_engine
from engines.config import NetworkConfig, OptimizerConfig
from engines.interface import Dataset
sizes = {"training": 60_000, "validation": 10_000}
splits = {name: Dataset(np.ones((n, 28, 28), np.uint8), np.zeros(n, int), 10) for name, n in sizes.items()}
learner = load_engine("scratch").build(NetworkConfig(), OptimizerConfig(), splits=splits, seed=0)
learner.train(np.arange(60_000), 32)
learner.evaluate("validation")
"""
    _, peak = run_and_measure(script)
    assert peak < 150e6  # what else a run needs has 50 MB left


def test_the_engine_is_found_by_name_and_says_what_it_needs():
    engine = load_engine("scratch")
    assert engine_names()[0] == engine.name == "scratch"
    assert engine.missing() is None
    assert engine.devices() == ("cpu",)
    with pytest.raises(ValueError, match="no device 'cuda' here: choose from cpu"):
        engine.build(MLP, ADAM, splits=SPLITS, seed=0, device="cuda")
    with pytest.raises(ValueError, match="threads must be at least 1, not 0"):
        engine.build(MLP, ADAM, splits=SPLITS, seed=0, threads=0)
