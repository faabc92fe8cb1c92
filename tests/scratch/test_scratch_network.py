"""Whole networks of the from-scratch library, against the same in PyTorch, and how they keep their parameters."""

import numpy as np
import pytest
from test_gradient_check import NETWORKS

from engines.config import LayerConfig, NetworkConfig
from engines.masks import MaskStream
from engines.networks import resolve_network
from engines.scratch.losses import make_loss
from engines.scratch.network import build_network

each_network = pytest.mark.parametrize("config", NETWORKS, ids=lambda config: f"{config.name}-{config.initializer}")


def examples(n=6):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, 28, 28), np.uint8), rng.integers(0, 10, n)


def inputs_in_float32():
    inputs, labels = examples()
    return (inputs / np.float32(255)).astype(np.float32), labels


@each_network
def test_parameters_are_parts_of_one_vector_that_the_layers_share(config):
    network = build_network(config, (28, 28), 10, seed=0)
    inputs, _ = inputs_in_float32()
    before = network.forward(inputs).copy()
    network.values += 0.1
    assert not np.array_equal(network.forward(inputs), before)
    assert sum(part.size for part in network.parameters.values()) == network.values.size
    for part in network.parameters.values():
        assert np.shares_memory(part, network.values)


@each_network
def test_a_step_allocates_the_same_buffers_once(config):
    network = build_network(config, (28, 28), 10, seed=0)
    inputs, labels = inputs_in_float32()
    loss = make_loss(config)
    first = network.forward(inputs, training=True)
    network.backward(loss.gradient(first, loss.targets(labels, 10)))
    assert network.forward(inputs, training=True) is first
    assert not np.shares_memory(network.forward(inputs[:2]), first)


@each_network
def test_activations_are_what_flows_and_in_the_order_of_the_layers(config):
    network = build_network(config, (28, 28), 10, seed=0)
    inputs, _ = inputs_in_float32()
    found = network.activations(inputs)
    assert list(found) == list(network.layers)
    np.testing.assert_array_equal(list(found.values())[-1], network.forward(inputs))
    assert all(value.flags.c_contiguous and value.dtype == np.float32 for value in found.values())


def flow_through_torch(torch, config, values, x, masks):
    """The logits of the same network in PyTorch, from its parameters and statistics by name."""
    functional = torch.nn.functional
    kinds = {
        "linear": lambda x, own, layer: functional.linear(x, **own),
        "relu": lambda x, own, layer: functional.relu(x),
        "leaky-relu": lambda x, own, layer: functional.leaky_relu(x, layer.arguments["slope"]),
        "sigmoid": lambda x, own, layer: functional.sigmoid(x),
        "tanh": lambda x, own, layer: functional.tanh(x),
        "gelu": lambda x, own, layer: functional.gelu(x),
        "flatten": lambda x, own, layer: x.flatten(1),
        "batch-norm": lambda x, own, layer: functional.batch_norm(x, **own, training=True),
        "conv2d": lambda x, own, layer: functional.conv2d(x, **own, stride=window(layer)[1], padding=window(layer)[2]),
        "max-pool2d": lambda x, own, layer: functional.max_pool2d(x, *window(layer)),
        "avg-pool2d": lambda x, own, layer: functional.avg_pool2d(x, *window(layer)),
        "dropout": lambda x, own, layer: x * torch.tensor(masks.draw(tuple(x.shape), layer.arguments["probability"])),
    }
    for layer in resolve_network(config, (28, 28), 10):
        own = {name.split(".")[1]: value for name, value in values.items() if name.startswith(f"{layer.name}.")}
        x = kinds[layer.kind](x.reshape(len(x), *layer.input_shape), own, layer)
    return x


def window(layer):
    return tuple(layer.integer(name) for name in ("kernel", "stride", "padding"))


@each_network
def test_a_network_in_float64_agrees_with_pytorch(config):
    torch = pytest.importorskip("torch")
    ours = build_network(config, (28, 28), 10, seed=0, dtype=np.float64)
    inputs, labels = examples()
    values = {name: torch.tensor(value, requires_grad=True) for name, value in ours.parameters.items()}
    running = {name: torch.tensor(value) for name, value in ours.statistics.items()}
    expected = flow_through_torch(torch, config, values | running, torch.tensor(inputs / 255), MaskStream(0))
    logits = ours.forward(inputs / 255, training=True)
    np.testing.assert_allclose(logits, expected.detach().numpy(), rtol=1e-6, atol=1e-9)

    loss = make_loss(config)
    dz = loss.gradient(logits, loss.targets(labels, 10, np.float64))
    ours.backward(dz)
    expected.backward(torch.tensor(np.ascontiguousarray(dz)))
    for name, gradient in ours.named(ours.gradients).items():
        np.testing.assert_allclose(gradient, values[name].grad.numpy(), rtol=1e-6, atol=1e-9, err_msg=name)
    for name, value in ours.statistics.items():
        np.testing.assert_allclose(value, running[name].numpy(), rtol=1e-6, err_msg=name)


def test_a_config_that_cannot_be_is_refused_in_one_line():
    for config, sentence in (
        (NetworkConfig(initializer="magic"), "unknown initializer 'magic': choose from unit-norm, he"),
        (NetworkConfig("resnet"), "unknown network 'resnet': choose from assignment"),
        (NetworkConfig("custom", layers=(LayerConfig("flatten"), LayerConfig("relu"))), "no layer that learns"),
    ):
        with pytest.raises(ValueError, match=sentence) as error:
            build_network(config, (2, 5), 10, seed=0)
        assert "\n" not in str(error.value)
