"""The gradient check passes for every network there is, and finds a gradient that is wrong."""

import numpy as np
import pytest

from engines.config import LayerConfig, NetworkConfig
from engines.scratch import layers
from engines.scratch.activations import LeakyReLU, ReLU
from engines.scratch.convolution import MaxPool2d
from engines.scratch.gradient_check import check_gradients, slope
from engines.scratch.network import build_network

EVERY_LAYER = (
    LayerConfig("conv2d", {"outputs": 4, "kernel": 3, "stride": 2, "padding": 1}),
    LayerConfig("batch-norm"),
    LayerConfig("gelu"),
    LayerConfig("avg-pool2d", {"kernel": 3, "stride": 2, "padding": 1}),
    LayerConfig("conv2d", {"outputs": 5, "kernel": 2}),
    LayerConfig("leaky-relu"),
    LayerConfig("max-pool2d", {"kernel": 3, "stride": 1, "padding": 1}),
    LayerConfig("flatten"),
    LayerConfig("dropout", {"probability": 0.2}),
    LayerConfig("linear", {"outputs": 9}),
    LayerConfig("tanh"),
    LayerConfig("batch-norm"),
    LayerConfig("linear", {"outputs": 10}),
    LayerConfig("sigmoid"),
)
NETWORKS = [
    NetworkConfig(),
    NetworkConfig("softmax", loss="mean-squared-error", label_smoothing=0.1),
    NetworkConfig("softmax", initializer="zeros"),
    NetworkConfig("mlp", hidden=(32, 16), initializer="he", dropout=0.3, dropout_at="hidden", label_smoothing=0.1),
    NetworkConfig("lenet", initializer="pytorch", dropout=0.1, dropout_at="input"),
    NetworkConfig("custom", layers=EVERY_LAYER, initializer="glorot"),
]


def check(network: NetworkConfig):
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (4, 28, 28)) / 255
    return check_gradients(network, inputs=inputs, labels=rng.integers(0, 10, 4), classes=10, seed=1)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: f"{network.name}-{network.initializer}")
def test_every_parameter_of_every_network_agrees(network):
    rows = check(network)
    expected = build_network(network, (28, 28), 10, seed=1).parameters
    assert [f"{row.layer}.{row.parameter}" for row in rows] == list(expected)
    assert [row.shape for row in rows] == [value.shape for value in expected.values()]
    assert max(row.error for row in rows) <= 1e-6
    assert sum(row.checked for row in rows) > sum(row.kinks for row in rows)


def test_a_wrong_gradient_is_found_where_it_is(monkeypatch):
    def without_the_mean(self, dy):
        np.matmul(dy.T, self.x, out=self.weight_gradient)
        np.multiply(dy.sum(axis=0), len(dy), out=self.bias_gradient)

    monkeypatch.setattr(layers.Linear, "gradients", without_the_mean)
    errors = {f"{row.layer}.{row.parameter}": row.error for row in check(NetworkConfig("mlp", initializer="he"))}
    assert {name for name, error in errors.items() if error > 1e-6} == {"linear1.bias", "linear2.bias"}


@pytest.mark.parametrize("layer", [ReLU(), LeakyReLU(), MaxPool2d(2, 2, 0)], ids=lambda layer: type(layer).__name__)
def test_a_difference_across_a_kink_is_no_slope(layer):
    x = np.zeros((1, 1, 2, 2))
    layer.prepare(x)

    def f():
        return float(layer.forward(x, True).sum())

    assert slope(x, 3, f, [layer]) is None
    x[:] = [[1.0, 2.0], [3.0, 4.0]]
    assert slope(x, 3, f, [layer]) == pytest.approx(1)
    assert x[0, 0, 1, 1] == 4
