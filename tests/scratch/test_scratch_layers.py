"""Every layer of the from-scratch library: against central differences, against PyTorch, and its properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scratch_cases import CASES, PICTURES, Case, alone, inputs_for

from engines.masks import MaskStream
from engines.scratch.activations import erf
from engines.scratch.convolution import Conv2d, MaxPool2d
from engines.scratch.gradient_check import relative_error, slope
from engines.scratch.layers import BatchNorm, Dropout

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def backward(network, dy):
    """The gradients of the one layer's parameters, and of its inputs."""
    layer = network.layers["layer"]
    layer.gradients(dy)
    dx = layer.backward(dy)
    return network.named(network.gradients) if network.values.size else {}, dx


@each_case
def test_backward_agrees_with_central_differences(case: Case):
    rng = np.random.default_rng(1)
    layer = case.make()
    network, x = alone(layer, rng), inputs_for(case, rng)
    dy = rng.normal(size=network.forward(x, case.training).shape)
    statistics = {name: value.copy() for name, value in network.statistics.items()}

    def loss() -> float:
        if isinstance(layer, Dropout):
            layer.masks = MaskStream(0)
        for name, value in statistics.items():
            network.statistics[name][:] = value
        return float((network.forward(x, case.training) * dy).sum())

    loss()
    gradients, dx = backward(network, dy)
    pairs = [(x, dx.copy())] + [(network.parameters[name], g.copy()) for name, g in gradients.items()]
    for array, gradient in pairs:
        numeric = [slope(array, index, loss, [layer]) for index in range(array.size)]
        assert None not in numeric
        assert relative_error(gradient.ravel(), np.array(numeric)) <= 1e-6


@pytest.mark.parametrize("case", [case for case in CASES if case.torch], ids=lambda case: case.name)
def test_forward_and_gradients_agree_with_pytorch(case: Case):
    assert case.torch  # all but dropout, whose masks are our own
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    network, x = alone(case.make(), rng), inputs_for(case, rng)
    theirs = case.torch(torch.nn).double().train(case.training)
    for name, value in (network.parameters | network.statistics).items():
        theirs.state_dict()[name.removeprefix("layer.")].copy_(torch.tensor(value))
    tensor = torch.tensor(x, requires_grad=True)
    expected = theirs(tensor)
    y = network.forward(x, case.training)
    np.testing.assert_allclose(y.reshape(expected.shape), expected.detach().numpy(), rtol=1e-6, atol=1e-12)
    dy = rng.normal(size=y.shape)
    expected.backward(torch.tensor(dy).reshape(expected.shape))
    gradients, dx = backward(network, dy)
    assert relative_error(dx, tensor.grad.numpy()) <= 1e-6
    for name, parameter in theirs.named_parameters():
        assert relative_error(gradients[f"layer.{name}"], parameter.grad.numpy()) <= 1e-6
    for name, value in network.statistics.items():
        np.testing.assert_allclose(value, theirs.state_dict()[name.removeprefix("layer.")].numpy(), rtol=1e-12)


@each_case
def test_a_batch_split_in_two_gives_the_same_outputs(case: Case):
    rng = np.random.default_rng(3)
    network, x = alone(case.make(), rng), inputs_for(case, rng)
    whole = network.forward(x).copy()
    parts = np.concatenate([network.forward(x[:1]).copy(), network.forward(x[1:]).copy()])
    np.testing.assert_allclose(whole, parts, rtol=1e-12, atol=1e-14)


@each_case
def test_the_buffers_hold_what_a_second_batch_makes_of_them(case: Case):
    rng = np.random.default_rng(4)
    used, x = alone(case.make(), rng), inputs_for(case, rng)
    dy = rng.normal(size=used.forward(x, True).shape)
    backward(used, dy)
    fresh = alone(case.make(), rng)
    fresh.values[:] = used.values
    for name, value in used.statistics.items():
        fresh.statistics[name][:] = value
    if isinstance(layer := used.layers["layer"], Dropout):
        layer.masks = MaskStream(0)
    other = -x[::-1]
    np.testing.assert_array_equal(used.forward(other, True), fresh.forward(other, True))
    for ours, theirs in zip(backward(used, -dy), backward(fresh, -dy), strict=True):
        np.testing.assert_equal(ours, theirs)


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(3, 9), st.integers(3, 9)),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 1),
)
def test_a_convolution_is_its_definition_for_any_shape(shape, kernel, stride, padding):
    rng = np.random.default_rng(5)
    layer = Conv2d(shape[1], 2, kernel, stride, padding)
    alone(layer, rng)
    x = rng.normal(size=shape)
    y = layer.forward(x, True) if layer.prepare(x) is not None else None
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows, columns = ((size + 2 * padding - kernel) // stride + 1 for size in shape[2:])
    assert y.shape == (shape[0], 2, rows, columns)
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + kernel, j * stride : j * stride + kernel]
            expected = np.einsum("ncij,ocij->no", window, layer.weight) + layer.bias
            np.testing.assert_allclose(y[:, :, i, j], expected, rtol=1e-10, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.05, 0.9), st.integers(0, 2**32))
def test_dropout_keeps_the_expectation(probability, seed):
    layer = Dropout(probability, MaskStream(seed))
    x = np.ones((100, 400))
    layer.prepare(x)
    mean = layer.forward(x, True).mean()
    spread = math.sqrt(probability / (1 - probability) / x.size)  # of the mean of that many masks
    assert abs(mean - 1) < 6 * spread


def test_dropout_multiplies_by_the_masks_of_its_stream():
    layer, stream = Dropout(0.25, MaskStream(9)), MaskStream(9)
    x = np.random.default_rng(6).normal(size=(3, 2, 5)).astype(np.float32)
    layer.prepare(x)
    for _ in range(2):
        mask = stream.draw(x.shape, 0.25)
        np.testing.assert_array_equal(layer.forward(x, True), x * mask)
        np.testing.assert_array_equal(layer.backward(x), x * mask)


def test_dropout_is_nothing_in_evaluation_or_with_probability_zero_and_draws_no_mask():
    x = np.ones((3, 5), np.float32)
    for probability, training in ((0.5, False), (0.0, True)):
        layer = Dropout(probability, MaskStream(9))
        layer.prepare(x)
        assert layer.forward(x, training) is x
        assert layer.backward(x) is x
        np.testing.assert_array_equal(layer.masks.state(), MaskStream(9).state())


@settings(deadline=None)
@given(st.lists(st.floats(-8, 8), min_size=1))
def test_erf_is_the_error_function(numbers):
    np.testing.assert_allclose(erf(np.array(numbers)), [math.erf(x) for x in numbers], rtol=0, atol=1e-13)


def test_erf_at_the_ends():
    np.testing.assert_array_equal(erf(np.array([np.inf, -np.inf, 0.0, 6.0])), [1, -1, 0, 1])


def test_max_pooling_gives_the_gradient_to_the_first_of_equals():
    layer = MaxPool2d(2, 2, 0)
    x = np.array([[[[0.0, 1.0, 2.0, 2.0], [1.0, 1.0, 0.0, 2.0]]]])
    layer.prepare(x)
    np.testing.assert_array_equal(layer.forward(x, True), [[[[1, 2]]]])
    np.testing.assert_array_equal(layer.backward(np.array([[[[3.0, 5.0]]]])), [[[[0, 3, 5, 0], [0, 0, 0, 0]]]])


def test_batch_norm_refuses_to_train_on_a_single_number():
    layer = BatchNorm(2)
    network = alone(layer, np.random.default_rng(0))
    with pytest.raises(ValueError, match="more than one example"):
        network.forward(np.ones((1, 2)), training=True)


def test_the_gradient_of_a_picture_without_channels_is_shaped_as_the_picture():
    network = alone(Conv2d(1, 2, 3, 1, 1), np.random.default_rng(0))
    grey = np.random.default_rng(1).normal(size=(PICTURES[0], *PICTURES[2:]))
    dy = network.forward(grey, True).copy()
    _, dx = backward(network, dy)
    assert dx.shape == grey.shape
    assert dx.any()
