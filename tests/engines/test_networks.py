"""Networks as lists of layers: names, shapes, where dropout goes, and what is said of what cannot be."""

import pytest

from engines.config import LayerConfig, NetworkConfig
from engines.networks import resolve_network


def kinds(network: NetworkConfig, shape: tuple[int, ...] = (28, 28)) -> list[str]:
    return [layer.name for layer in resolve_network(network, shape, 10)]


def test_the_named_networks_are_what_they_say() -> None:
    assert kinds(NetworkConfig("assignment")) == ["flatten1", "linear1", "relu1"]
    assert kinds(NetworkConfig("softmax")) == ["flatten1", "linear1"]
    assert kinds(NetworkConfig("mlp", hidden=(256, 128))) == [
        *("flatten1", "linear1", "relu1", "linear2", "relu2", "linear3")
    ]
    lenet = resolve_network(NetworkConfig("lenet"), (28, 28), 10)
    assert [layer.output_shape for layer in lenet if layer.kind == "max-pool2d"] == [(6, 14, 14), (16, 5, 5)]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("none", ["flatten1", "linear1", "relu1", "linear2"]),
        ("input", ["dropout1", "flatten1", "linear1", "relu1", "linear2"]),
        ("hidden", ["flatten1", "linear1", "relu1", "dropout1", "linear2"]),
        ("logits", ["flatten1", "linear1", "relu1", "linear2", "dropout1"]),
    ],
)
def test_dropout_sits_where_it_is_put_and_renames_no_parameter(place: str, expected: list[str]) -> None:
    assert kinds(NetworkConfig("mlp", dropout=0.5, dropout_at=place)) == expected


def linear(outputs: float) -> LayerConfig:
    return LayerConfig("linear", {"outputs": outputs})


FLAT = LayerConfig("flatten")
BAD = [
    (NetworkConfig("assignment", dropout_at="hidden"), "has no hidden layer"),
    (NetworkConfig("perceptron"), "unknown network 'perceptron'"),
    (NetworkConfig("custom"), "wants its layers"),
    (NetworkConfig("custom", layers=(linear(10),)), "wants flat inputs"),
    (NetworkConfig("custom", layers=(FLAT, linear(7))), "the data has 10 classes"),
    (NetworkConfig("custom", layers=(FLAT, linear(0))), "a whole number of at least 1"),
    (NetworkConfig("custom", layers=(FLAT, LayerConfig("linear"))), "wants outputs"),
    (NetworkConfig("custom", layers=(LayerConfig("lineer"),)), "unknown layer 'lineer'"),
    (NetworkConfig("custom", layers=(LayerConfig("relu", {"slope": 1}),)), "has no argument 'slope'"),
    (NetworkConfig("custom", layers=(LayerConfig("conv2d", {"outputs": 2, "kernel": 40}), FLAT)), "does not fit"),
    (NetworkConfig("custom", layers=(FLAT, LayerConfig("max-pool2d"))), "wants inputs (channels, rows, columns)"),
    (NetworkConfig("custom", layers=(FLAT, linear(10), LayerConfig("dropout", {"probability": 1}))), "below 1"),
    (NetworkConfig("custom", layers=(FLAT, linear(2.5))), "whole number"),
    (NetworkConfig("custom", layers=(FLAT, LayerConfig("linear", {"outputs": "ten"}))), "'ten'"),  # ty: ignore[invalid-argument-type]  # as a file may have it
]


@pytest.mark.parametrize(("network", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_a_network_that_cannot_be_is_said_in_one_line(network: NetworkConfig, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        resolve_network(network, (28, 28), 10)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_batch_norm_works_on_units_or_on_channels() -> None:
    norm = LayerConfig("batch-norm")
    flat = resolve_network(NetworkConfig("custom", layers=(FLAT, linear(10), norm)), (28, 28), 10)
    assert flat[-1].input_shape == (10,)
    grey = resolve_network(NetworkConfig("custom", layers=(norm, FLAT, linear(10))), (28, 28), 10)
    assert grey[0].input_shape == (1, 28, 28)
