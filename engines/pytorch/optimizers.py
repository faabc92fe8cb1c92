"""The rules of torch.optim, each as one function that moves a parameter in place.

They take their settings as arguments at every step, so that these can change in a running training, and work on
plain tensors, so that one step with its update can be recorded. The tests hold each against its
namesake in torch.optim.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.config import OPTIMIZERS, OptimizerConfig

Numbers = Mapping[str, Tensor]  # each of shape (), see `numbers_at`
Rule = Callable[[Tensor, Tensor, Sequence[Tensor], Numbers], None]


def sgd(parameter: Tensor, gradient: Tensor, state: Sequence[Tensor], numbers: Numbers) -> None:
    """p ← p − lr·g (Robbins & Monro 1951)."""
    parameter.addcmul_(gradient, numbers["-learning_rate"])


def momentum(parameter: Tensor, gradient: Tensor, state: Sequence[Tensor], numbers: Numbers) -> None:
    """b ← μ·b + g; p ← p − lr·b (Polyak 1964)."""
    (buffer,) = state
    buffer.mul_(numbers["momentum"]).add_(gradient)
    parameter.addcmul_(buffer, numbers["-learning_rate"])


def nesterov(parameter: Tensor, gradient: Tensor, state: Sequence[Tensor], numbers: Numbers) -> None:
    """b ← μ·b + g; p ← p − lr·(g + μ·b) (Sutskever et al. 2013, ICML)."""
    (buffer,) = state
    buffer.mul_(numbers["momentum"]).add_(gradient)
    parameter.addcmul_(gradient + buffer * numbers["momentum"], numbers["-learning_rate"])


def adagrad(parameter: Tensor, gradient: Tensor, state: Sequence[Tensor], numbers: Numbers) -> None:
    """s ← s + g²; p ← p − lr·g / (√s + ε) (Duchi et al. 2011, JMLR 12:2121)."""
    (total,) = state
    total.addcmul_(gradient, gradient)
    parameter.addcmul_(gradient / (total.sqrt() + 1e-10), numbers["-learning_rate"])


def rmsprop(parameter: Tensor, gradient: Tensor, state: Sequence[Tensor], numbers: Numbers) -> None:
    """s ← α·s + (1 − α)·g²; p ← p − lr·g / (√s + ε) (Tieleman & Hinton 2012, lecture 6.5)."""
    (average,) = state
    average.mul_(numbers["alpha"]).addcmul_(gradient * gradient, numbers["1 - alpha"])
    parameter.addcmul_(gradient / (average.sqrt() + 1e-8), numbers["-learning_rate"])


def adam(parameter: Tensor, gradient: Tensor, state: Sequence[Tensor], numbers: Numbers) -> None:
    """m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; p ← p − (lr/c₁)·m / (√v/√c₂ + ε), cᵢ = 1 − βᵢᵗ.

    Kingma & Ba 2015, arXiv:1412.6980.
    """
    first, second = state
    first.mul_(numbers["beta1"]).addcmul_(gradient, numbers["1 - beta1"])
    second.mul_(numbers["beta2"]).addcmul_(gradient * gradient, numbers["1 - beta2"])
    parameter.addcmul_(first / (second.sqrt() / numbers["root"] + 1e-8), numbers["-step_size"])


@dataclass(frozen=True)
class Optimizer:
    """A rule, with torch.optim's names for what it keeps of each parameter."""

    rule: Rule
    keeps: tuple[str, ...] = ()
    decoupled: bool = False  # the weight decay moves the parameter and is not part of the gradient

    def step(
        self,
        parameters: Sequence[Tensor],
        gradients: Sequence[Tensor],
        states: Sequence[Sequence[Tensor]],
        numbers: Numbers,
        settings: OptimizerConfig,
    ) -> None:
        """Move all parameters in place. `settings` only say whether decay and clipping are on at all."""
        if settings.clip_norm:
            gradients = clipped(gradients, numbers["clip_norm"])
        for parameter, gradient, state in zip(parameters, gradients, states, strict=True):
            if settings.weight_decay and self.decoupled:
                parameter.mul_(numbers["kept"])
                self.rule(parameter, gradient, state, numbers)
            elif settings.weight_decay:
                self.rule(parameter, gradient + parameter * numbers["weight_decay"], state, numbers)
            else:
                self.rule(parameter, gradient, state, numbers)


RULES = {
    "sgd": Optimizer(sgd),
    "momentum": Optimizer(momentum, ("momentum_buffer",)),
    "nesterov": Optimizer(nesterov, ("momentum_buffer",)),
    "adagrad": Optimizer(adagrad, ("sum",)),
    "rmsprop": Optimizer(rmsprop, ("square_avg",)),
    "adam": Optimizer(adam, ("exp_avg", "exp_avg_sq")),
    "adamw": Optimizer(adam, ("exp_avg", "exp_avg_sq"), decoupled=True),  # Loshchilov & Hutter 2019, 1711.05101
}


def find_optimizer(name: str) -> Optimizer:
    """The optimizer called `name`; `ValueError` names what is allowed."""
    if name not in RULES:
        raise ValueError(f"unknown optimizer {name!r}: choose from {', '.join(OPTIMIZERS)}")
    return RULES[name]


def numbers_at(step: int, settings: OptimizerConfig) -> dict[str, float]:
    """What the rules reckon with at a step, counted from 1."""
    return {
        "-learning_rate": -settings.learning_rate,
        "momentum": settings.momentum,
        "weight_decay": settings.weight_decay,
        "kept": 1 - settings.learning_rate * settings.weight_decay,
        "clip_norm": settings.clip_norm,
        "alpha": settings.alpha,
        "1 - alpha": 1 - settings.alpha,
        "beta1": settings.beta1,
        "1 - beta1": 1 - settings.beta1,
        "beta2": settings.beta2,
        "1 - beta2": 1 - settings.beta2,
        **bias_corrections(step, settings),
    }


def bias_corrections(step: int, settings: OptimizerConfig) -> dict[str, float]:
    """The numbers that `adam` changes at every step: lr/c₁ and √c₂."""
    return {
        "-step_size": -settings.learning_rate / (1 - settings.beta1**step),
        "root": (1 - settings.beta2**step) ** 0.5,
    }


def clipped(gradients: Sequence[Tensor], largest: Tensor) -> list[Tensor]:
    """All gradients times min(1, largest / their common L2 norm), as `torch.nn.utils.clip_grad_norm_` does."""
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    scale = torch.clamp(largest / (norm + 1e-6), max=1.0)
    return [gradient * scale for gradient in gradients]
