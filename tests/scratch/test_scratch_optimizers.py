"""The optimizers of the from-scratch library: their rules, and trajectories of 100 steps against `torch.optim`."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.config import OPTIMIZERS, OptimizerConfig
from engines.scratch.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    RMSprop,
    clip_gradient_norm,
    make_optimizer,
)

# our class, the name in torch.optim, and the arguments, which both understand
TRAJECTORIES = [
    (SGD, "SGD", {"lr": 0.1}),
    (SGD, "SGD", {"lr": 0.1, "weight_decay": 0.05}),
    (Momentum, "SGD", {"lr": 0.05, "momentum": 0.8}),
    (Momentum, "SGD", {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.05}),
    (Momentum, "SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    (Adagrad, "Adagrad", {"lr": 0.1, "weight_decay": 0.05, "eps": 1e-6}),
    (RMSprop, "RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-6, "weight_decay": 0.05}),
    (Adam, "Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.05}),
    (AdamW, "AdamW", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.05}),
]


def trajectory(make, steps=100, max_norm=None):
    """Where 100 steps lead: gradients are those of a bent bowl, with noise that is always the same."""
    rng = np.random.default_rng(0)
    p, g = rng.normal(size=20), np.empty(20)
    optimizer = make(p, g)
    path = []
    for _ in range(steps):
        g[:] = gradient(p, rng)
        if max_norm:
            clip_gradient_norm(g, max_norm)
        optimizer.step()
        path.append(p.copy())
    return np.array(path), optimizer


def gradient(p, rng):
    return np.sin(p) * np.linspace(0.1, 3, 20) + rng.normal(0, 0.1, 20)


def torch_trajectory(name, arguments, steps=100, max_norm=None):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    start = torch.tensor(rng.normal(size=20))
    parts = [start[:12].clone().requires_grad_(), start[12:].clone().requires_grad_()]
    optimizer = getattr(torch.optim, name)(parts, **arguments)
    path = []
    for _ in range(steps):
        g = torch.tensor(gradient(np.concatenate([p.detach().numpy() for p in parts]), rng))
        parts[0].grad, parts[1].grad = g[:12].clone(), g[12:].clone()
        if max_norm:
            torch.nn.utils.clip_grad_norm_(parts, max_norm)
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy() for p in parts]))
    state = [optimizer.state[part] for part in parts]
    keys = [key for key in state[0] if state[0][key] is not None and key != "step"]
    return np.array(path), {key: np.concatenate([part[key].numpy() for part in state]) for key in keys}


@pytest.mark.parametrize(("ours", "name", "arguments"), TRAJECTORIES)
@pytest.mark.parametrize("max_norm", [None, 0.5])
def test_a_hundred_steps_lead_where_torch_optim_goes(ours, name, arguments, max_norm):
    expected, state = torch_trajectory(name, arguments, max_norm=max_norm)
    path, optimizer = trajectory(lambda p, g: ours(p, g, **arguments), max_norm=max_norm)
    np.testing.assert_allclose(path, expected, rtol=1e-8, atol=1e-10)
    assert optimizer.state.keys() == state.keys()
    for key, value in state.items():
        np.testing.assert_allclose(optimizer.state[key], value, rtol=1e-8, atol=1e-10)


def test_the_defaults_are_those_of_torch_optim():
    torch = pytest.importorskip("torch")
    p, g = np.zeros(2), np.zeros(2)
    for ours in (Adagrad(p, g), RMSprop(p, g), Adam(p, g)):
        theirs = getattr(torch.optim, type(ours).__name__)([torch.zeros(2)]).defaults
        for name, value in vars(ours).items():
            assert name not in theirs or theirs[name] == value, name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_of_the_config_descends_a_parabola(name):
    p, g = np.array([1.0, -2.0]), np.empty(2)
    optimizer = make_optimizer(OptimizerConfig(name, learning_rate=0.05), p, g)
    for _ in range(200):
        g[:] = 2 * p
        optimizer.step()
    assert np.abs(p).max() < 1
    assert optimizer.steps == 200


def test_configs_reach_the_arguments_of_the_same_name():
    config = OptimizerConfig("adam", 0.3, 0.4, 0.5, beta1=0.6, beta2=0.7, alpha=0.8)
    p, g = np.zeros(1), np.zeros(1)
    made = {name: vars(make_optimizer(replace(config, name=name), p, g)) for name in OPTIMIZERS}
    assert all(each["lr"] == 0.3 and each["weight_decay"] == 0.5 for each in made.values())
    assert made["momentum"]["momentum"] == made["nesterov"]["momentum"] == 0.4
    assert (made["momentum"]["nesterov"], made["nesterov"]["nesterov"]) == (False, True)
    assert made["adam"]["betas"] == made["adamw"]["betas"] == (0.6, 0.7)
    assert made["rmsprop"]["alpha"] == 0.8
    with pytest.raises(ValueError, match="unknown optimizer 'lion': choose from sgd, momentum"):
        make_optimizer(OptimizerConfig("lion"), p, g)


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.floats(1e-3, 1e3))
def test_clipping_bounds_the_norm_and_keeps_the_direction(numbers, max_norm):
    before = np.array(numbers)
    clipped = before.copy()
    norm = clip_gradient_norm(clipped, max_norm)
    assert norm == pytest.approx(np.linalg.norm(before))
    assert np.linalg.norm(clipped) <= max_norm * (1 + 1e-9)
    if norm < max_norm * 0.999:
        np.testing.assert_allclose(clipped, before, rtol=2e-3)
    assert np.dot(clipped, before) == pytest.approx(np.linalg.norm(clipped) * norm, abs=1e-9)
