"""Small learners of the from-scratch engine, and their data, for the tests of its contract."""

import numpy as np
from test_gradient_check import EVERY_LAYER

from engines import load_engine
from engines.config import LayerConfig, NetworkConfig, OptimizerConfig
from engines.interface import Dataset

RNG = np.random.default_rng(0)
TRAINING = Dataset(RNG.integers(0, 256, (200, 8, 8), np.uint8), RNG.integers(0, 5, 200), 5, 3.0, 1 / 255)
VALIDATION = Dataset(RNG.integers(0, 256, (130, 8, 8), np.uint8), RNG.integers(0, 5, 130), 5, 3.0, 1 / 255)
SPLITS = {"training": TRAINING, "validation": VALIDATION}
MLP = NetworkConfig("mlp", hidden=(16,), initializer="he", dropout=0.3, dropout_at="hidden")
CONVOLUTIONS = NetworkConfig("custom", layers=(*EVERY_LAYER[:-2], LayerConfig("linear", {"outputs": 5})))
ADAM = OptimizerConfig("adam", learning_rate=0.01, clip_norm=1.0)


def learner(network=MLP, optimizer=ADAM, splits=SPLITS, seed=1):
    return load_engine("scratch").build(network, optimizer, splits=splits, seed=seed)


def order(examples=200, seed=2):
    return np.random.default_rng(seed).permutation(examples)


def assert_same_state(a, b):
    assert a.keys() == b.keys()
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name], err_msg=name)
