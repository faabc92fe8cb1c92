"""The losses of the from-scratch library: against central differences, against PyTorch, and their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engines.config import NetworkConfig
from engines.scratch.gradient_check import relative_error, slope
from engines.scratch.losses import MeanSquaredError, SoftmaxCrossEntropy, make_loss, softmax

LOSSES = [SoftmaxCrossEntropy(), SoftmaxCrossEntropy(0.1), MeanSquaredError(), MeanSquaredError(0.2)]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{type(loss).__name__}-{loss.label_smoothing}")
logit_rows = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(2, 12)),
    elements=st.floats(-1e4, 1e4).map(lambda x: round(x, 3)),
)


def example(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 3, (6, 10)), rng.integers(0, 10, 6)


@each_loss
def test_the_gradient_agrees_with_central_differences(loss):
    logits, labels = example()
    targets = loss.targets(labels, 10, np.float64)
    numeric = [slope(logits, index, lambda: loss.values(logits, targets).mean()) for index in range(logits.size)]
    assert relative_error(loss.gradient(logits, targets).ravel(), np.array(numeric)) <= 1e-6


@each_loss
def test_value_and_gradient_agree_with_pytorch(loss):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    logits, labels = example(1)
    targets = loss.targets(labels, 10, np.float64)
    tensor = torch.tensor(logits, requires_grad=True)
    if isinstance(loss, SoftmaxCrossEntropy):
        expected = functional.cross_entropy(tensor, torch.tensor(labels), label_smoothing=loss.label_smoothing)
    else:
        expected = functional.mse_loss(tensor, torch.tensor(np.ascontiguousarray(targets)))
    expected.backward()
    assert loss.values(logits, targets).mean() == pytest.approx(expected.item(), rel=1e-12)
    assert relative_error(loss.gradient(logits, targets), tensor.grad.numpy()) <= 1e-6


@settings(deadline=None)
@given(logit_rows, st.floats(-1e4, 1e4))
def test_softmax_sums_to_one_and_does_not_see_a_shift(logits, shift):
    p = softmax(logits)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(softmax(logits + shift), p, atol=1e-9)


@settings(deadline=None)
@given(logit_rows, st.sampled_from(LOSSES), st.sampled_from([np.float32, np.float64]), st.integers(0, 1))
def test_large_logits_give_finite_losses_and_gradients(logits, loss, dtype, label):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        logits = logits.astype(dtype)
        targets = loss.targets(np.full(len(logits), label), logits.shape[1], dtype)
        assert np.isfinite(loss.values(logits, targets)).all()
        assert np.isfinite(loss.gradient(logits, targets)).all()


@settings(deadline=None)
@given(logit_rows, st.sampled_from(LOSSES))
def test_the_loss_of_a_batch_is_the_mean_of_its_examples(logits, loss):
    targets = loss.targets(np.zeros(len(logits), np.int64), logits.shape[1], np.float64)
    one_by_one = [loss.values(logits[[i]], targets[[i]])[0] for i in range(len(logits))]
    np.testing.assert_allclose(loss.values(logits, targets), one_by_one, rtol=1e-12)
    gradients = [loss.gradient(logits[[i]], targets[[i]])[0] for i in range(len(logits))]
    np.testing.assert_allclose(loss.gradient(logits, targets) * len(logits), gradients, rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(st.floats(0, 0.99), st.integers(2, 20))
def test_targets_are_distributions_that_favour_the_label(smoothing, classes):
    targets = SoftmaxCrossEntropy(smoothing).targets(np.arange(classes), classes, np.float64)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    np.testing.assert_array_equal(targets.argmax(axis=1), np.arange(classes))


def test_what_a_config_cannot_mean_is_refused():
    with pytest.raises(ValueError, match="unknown loss 'hinge': choose from cross-entropy"):
        make_loss(NetworkConfig(loss="hinge"))
    for smoothing in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="label smoothing must be at least 0 and below 1"):
            make_loss(NetworkConfig(label_smoothing=smoothing))
