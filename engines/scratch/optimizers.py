"""Optimizers, from the simplest to the most complex, with the arguments of their `torch.optim` namesakes.

p are all parameters of a network in one vector, g is their gradient, t the number of the step from 1.
"""

from collections.abc import Callable

import numpy as np

from engines.config import OPTIMIZERS, OptimizerConfig
from engines.interface import Array


class Optimizer:
    """Changes a vector of parameters, in place, by its gradient."""

    state_names: tuple[str, ...] = ()  # what is remembered from step to step, as long as the parameters

    def __init__(self, values: Array, gradients: Array, lr: float, weight_decay: float = 0.0) -> None:
        self.values, self.gradients = values, gradients
        self.lr, self.weight_decay = lr, weight_decay
        self.steps = 0
        self.state = {name: np.zeros_like(values) for name in self.state_names}
        self.work = np.empty_like(values)  # for what is made on the way

    def step(self) -> None:
        """One step by the gradients as they stand."""
        self.steps += 1
        if self.weight_decay:
            self.decay(self.values, self.gradients)
        self.update(self.values, self.gradients, *self.state.values())

    def decay(self, p: Array, g: Array) -> None:
        """g ← g + weight_decay · p: the gradient of an L2 penalty."""
        g += np.multiply(p, self.weight_decay, out=self.work)

    def update(self, p: Array, g: Array, *state: Array) -> None:
        """Change `p` and the state in place."""
        raise NotImplementedError


class SGD(Optimizer):
    """p ← p − lr · g: stochastic gradient descent (Robbins & Monro 1951, Ann. Math. Statist. 22:400)."""

    def update(self, p: Array, g: Array, *state: Array) -> None:
        p -= np.multiply(g, self.lr, out=self.work)


class Momentum(Optimizer):
    """b ← momentum · b + g; p ← p − lr · b (Polyak 1964), or Nesterov's p ← p − lr · (g + momentum · b).

    As `torch.optim.SGD(momentum=…, nesterov=…)`; Nesterov's in the form of Sutskever et al. 2013, ICML.
    """

    state_names = ("momentum_buffer",)

    def __init__(
        self,
        values: Array,
        gradients: Array,
        lr: float = 1e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(values, gradients, lr, weight_decay)
        self.momentum, self.nesterov = momentum, nesterov

    def update(self, p: Array, g: Array, *state: Array) -> None:
        (b,) = state
        b *= self.momentum
        b += g
        if self.nesterov:
            g += np.multiply(b, self.momentum, out=self.work)
        p -= np.multiply(g if self.nesterov else b, self.lr, out=self.work)


class Adagrad(Optimizer):
    """s ← s + g²; p ← p − lr · g / (√s + eps) (Duchi et al. 2011, JMLR 12:2121)."""

    state_names = ("sum",)

    def __init__(
        self, values: Array, gradients: Array, lr: float = 1e-2, weight_decay: float = 0.0, eps: float = 1e-10
    ) -> None:
        super().__init__(values, gradients, lr, weight_decay)
        self.eps = eps

    def update(self, p: Array, g: Array, *state: Array) -> None:
        (s,) = state
        s += np.multiply(g, g, out=self.work)
        np.sqrt(s, out=self.work)
        self.work += self.eps
        np.divide(g, self.work, out=self.work)
        self.work *= self.lr
        p -= self.work


class RMSprop(Optimizer):
    """v ← alpha · v + (1 − alpha) · g²; p ← p − lr · g / (√v + eps) (Tieleman & Hinton 2012, lecture 6.5)."""

    state_names = ("square_avg",)

    def __init__(
        self,
        values: Array,
        gradients: Array,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(values, gradients, lr, weight_decay)
        self.alpha, self.eps = alpha, eps

    def update(self, p: Array, g: Array, *state: Array) -> None:
        (v,) = state
        follow(v, np.multiply(g, g, out=self.work), self.alpha, self.work)
        np.sqrt(v, out=self.work)
        self.work += self.eps
        np.divide(g, self.work, out=self.work)
        self.work *= self.lr
        p -= self.work


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

    def update(self, p: Array, g: Array, *state: Array) -> None:
        (m, v), (beta1, beta2), work = state, self.betas, self.work
        follow(m, g, beta1, work)
        follow(v, np.multiply(g, g, out=work), beta2, work)
        np.sqrt(v, out=work)
        work *= (1 - beta2**self.steps) ** -0.5
        work += self.eps
        np.divide(m, work, out=work)
        work *= self.lr / (1 - beta1**self.steps)
        p -= work


class AdamW(Adam):
    """Adam with p ← p − lr · weight_decay · p apart from the gradient (Loshchilov & Hutter 2017, arXiv:1711.05101)."""

    def decay(self, p: Array, g: Array) -> None:
        p *= 1 - self.lr * self.weight_decay


def follow(average: Array, value: Array, beta: float, work: Array) -> None:
    """average ← β · average + (1 − β) · value; `work` is written over, and may be `value`."""
    average *= beta
    average += np.multiply(value, 1 - beta, out=work)


def clip_gradient_norm(gradients: Array, max_norm: float) -> float:
    """Scale a gradient down, in place, to an L2 norm of at most `max_norm`; its norm before (Pascanu et al. 2012).

    As `torch.nn.utils.clip_grad_norm_`: g ← g · min(1, max_norm / (‖g‖ + 1e-6)).
    """
    norm = float(np.sqrt(np.dot(gradients, gradients)))
    gradients *= min(1.0, max_norm / (norm + 1e-6))
    return norm


def make_optimizer(config: OptimizerConfig, values: Array, gradients: Array) -> Optimizer:
    """The optimizer of a config, for all parameters of a network; `ValueError` for an unknown name."""
    rate, decay = config.learning_rate, config.weight_decay
    momentum, betas = config.momentum, (config.beta1, config.beta2)
    make: dict[str, Callable[[], Optimizer]] = {
        "sgd": lambda: SGD(values, gradients, rate, decay),
        "momentum": lambda: Momentum(values, gradients, rate, momentum, decay),
        "nesterov": lambda: Momentum(values, gradients, rate, momentum, decay, nesterov=True),
        "adagrad": lambda: Adagrad(values, gradients, rate, decay),
        "rmsprop": lambda: RMSprop(values, gradients, rate, config.alpha, weight_decay=decay),
        "adam": lambda: Adam(values, gradients, rate, betas, weight_decay=decay),
        "adamw": lambda: AdamW(values, gradients, rate, betas, weight_decay=decay),
    }
    if config.name not in make:
        raise ValueError(f"unknown optimizer {config.name!r}: choose from {', '.join(OPTIMIZERS)}")
    return make[config.name]()
