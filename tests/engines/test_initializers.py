"""Initial values: pure in the seed, and distributed as their papers say."""

import numpy as np
import pytest

from engines.config import INITIALIZERS, NetworkConfig
from engines.initializers import initial_parameters
from engines.networks import resolve_network

LENET = resolve_network(NetworkConfig("lenet"), (28, 28), 10)
WIDE = resolve_network(NetworkConfig("mlp", hidden=(512,)), (28, 28), 10)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_seed_gives_the_same_bits_and_another_others(name: str) -> None:
    first, again, other = (initial_parameters(LENET, name, seed) for seed in (3, 3, 4))
    for key, value in first.items():
        assert value.dtype == np.float32
        assert value.tobytes() == again[key].tobytes()
    if name != "zeros":
        assert first["linear1.weight"].tobytes() != other["linear1.weight"].tobytes()


def test_unit_norm_divides_by_the_spectral_norm_and_the_bias_by_its_length() -> None:
    values = initial_parameters(WIDE, "unit-norm", 1)
    assert np.linalg.norm(values["linear1.weight"].astype(float), 2) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(values["linear1.bias"].astype(float)) == pytest.approx(1, abs=1e-6)


def test_he_glorot_and_pytorch_have_their_spread() -> None:
    inputs, outputs = 784, 512
    he = initial_parameters(WIDE, "he", 1)["linear1.weight"]
    assert he.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.01)
    glorot = initial_parameters(WIDE, "glorot", 1)["linear1.weight"]
    assert np.abs(glorot).max() == pytest.approx(np.sqrt(6 / (inputs + outputs)), rel=0.001)
    for part in ("weight", "bias"):
        values = initial_parameters(WIDE, "pytorch", 1)[f"linear1.{part}"]
        assert np.abs(values).max() <= 1 / np.sqrt(inputs)
        assert values.std() == pytest.approx(1 / np.sqrt(3 * inputs), rel=0.1)


def test_a_convolution_counts_its_window_as_inputs() -> None:
    values = initial_parameters(LENET, "pytorch", 1)["conv2d2.weight"]
    assert values.shape == (16, 6, 5, 5)
    assert np.abs(values).max() <= 1 / np.sqrt(6 * 25)
