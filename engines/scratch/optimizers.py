"""Optimizers, from the simplest to the most complex, with the arguments of their `torch.optim` namesakes.

p are all parameters of a network in one vector, g their gradient, t the number of the step from 1.
"""

import numpy as np

from engines.config import OptimizerConfig
from engines.interface import Array


class Optimizer:
    """Changes a vector of parameters, in place, by its gradient."""

    state_names: tuple[str, ...] = ()  # what is remembered from step to step for each parameter

    def __init__(self, values: Array, gradients: Array, lr: float, weight_decay: float = 0.0) -> None:
        self.values, self.gradients = values, gradients
        self.lr, self.weight_decay = lr, weight_decay
        self.steps = 0
        self.state = {name: np.zeros_like(values) for name in self.state_names}
        self.work = np.empty_like(values)  # a buffer for what is made on the way

    def step(self) -> None:
        """One step with the gradients as they stand: g ← g + weight_decay · p, then `update`."""
        self.steps += 1
        if self.weight_decay:
            self.gradients += np.multiply(self.values, self.weight_decay, out=self.work)
        self.update(self.values, self.gradients)

    def update(self, p: Array, g: Array) -> None:
        """Change `p` in place."""
        raise NotImplementedError


class SGD(Optimizer):
    """p ← p − lr · g: stochastic gradient descent (Robbins & Monro 1951)."""

    def update(self, p: Array, g: Array) -> None:
        p -= np.multiply(g, self.lr, out=self.work)


class Momentum(Optimizer):
    """b ← momentum · b + g; p ← p − lr · b (Polyak 1964); `torch.optim.SGD(momentum=…)`."""

    state_names = ("momentum_buffer",)

    def __init__(
        self, values: Array, gradients: Array, lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        super().__init__(values, gradients, lr, weight_decay)
        self.momentum = momentum

    def update(self, p: Array, g: Array) -> None:
        b = self.state["momentum_buffer"]
        b *= self.momentum
        b += g
        p -= np.multiply(b, self.lr, out=self.work)


class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; p ← p − lr · m̂ / (√v̂ + eps) (Kingma & Ba 2014, arXiv:1412.6980).

    m̂ = m / (1−β₁ᵗ) and v̂ = v / (1−β₂ᵗ) make up for the start at zero.
    """

    state_names = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        values: Array,
        gradients: Array,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(values, gradients, lr, weight_decay)
        self.betas, self.eps = betas, eps

    def update(self, p: Array, g: Array) -> None:
        beta1, beta2 = self.betas
        m, v, work = self.state["exp_avg"], self.state["exp_avg_sq"], self.work
        m *= beta1
        m += np.multiply(g, 1 - beta1, out=work)
        v *= beta2
        np.multiply(g, g, out=work)
        v += np.multiply(work, 1 - beta2, out=work)
        np.sqrt(v, out=work)
        work /= (1 - beta2**self.steps) ** 0.5
        work += self.eps
        np.divide(m, work, out=work)
        work *= self.lr / (1 - beta1**self.steps)
        p -= work


def make_optimizer(config: OptimizerConfig, values: Array, gradients: Array) -> Optimizer:
    """The optimizer of a config, for all parameters of a network; `ValueError` for an unknown name."""
    common = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    if config.name == "sgd":
        return SGD(values, gradients, **common)
    if config.name == "momentum":
        return Momentum(values, gradients, momentum=config.momentum, **common)
    if config.name == "adam":
        return Adam(values, gradients, betas=(config.beta1, config.beta2), **common)
    raise ValueError(f"unknown optimizer {config.name!r}: choose from sgd, momentum, adam")
