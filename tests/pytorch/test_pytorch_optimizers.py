"""The rules of the PyTorch engine walk where their namesakes in torch.optim walk."""

import pytest

torch = pytest.importorskip("torch")

from engines.config import OptimizerConfig  # noqa: E402 - torch comes first, as without it there is nothing to test
from engines.pytorch.optimizers import bias_corrections, clipped, find_optimizer, numbers_at  # noqa: E402

SHAPES = [(4, 3), (4,), (2, 3, 2, 2)]
NAMESAKES = {
    "sgd": lambda p, s: torch.optim.SGD(p, s.learning_rate, weight_decay=s.weight_decay),
    "momentum": lambda p, s: torch.optim.SGD(p, s.learning_rate, s.momentum, weight_decay=s.weight_decay),
    "nesterov": lambda p, s: torch.optim.SGD(
        p, s.learning_rate, s.momentum, nesterov=True, weight_decay=s.weight_decay
    ),
    "adagrad": lambda p, s: torch.optim.Adagrad(p, s.learning_rate, weight_decay=s.weight_decay),
    "rmsprop": lambda p, s: torch.optim.RMSprop(p, s.learning_rate, s.alpha, weight_decay=s.weight_decay),
    "adam": lambda p, s: torch.optim.Adam(p, s.learning_rate, (s.beta1, s.beta2), weight_decay=s.weight_decay),
    "adamw": lambda p, s: torch.optim.AdamW(p, s.learning_rate, (s.beta1, s.beta2), weight_decay=s.weight_decay),
}


def parameters():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in SHAPES]


def gradients_at(step):
    generator = torch.Generator().manual_seed(1000 + step)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in SHAPES]


def as_tensors(numbers):
    return {name: torch.tensor(number, dtype=torch.float64) for name, number in numbers.items()}


@pytest.mark.parametrize("clip_norm", [0.0, 2.0])
@pytest.mark.parametrize("weight_decay", [0.0, 0.03])
@pytest.mark.parametrize("name", NAMESAKES)
def test_a_hundred_steps_lead_where_torch_optim_leads(name, weight_decay, clip_norm) -> None:
    settings = OptimizerConfig(
        name, 0.02, weight_decay=weight_decay, clip_norm=clip_norm, momentum=0.8, beta1=0.85, beta2=0.99, alpha=0.95
    )
    optimizer, ours, theirs = find_optimizer(name), parameters(), parameters()
    for parameter in theirs:
        parameter.requires_grad_()
    namesake = NAMESAKES[name](theirs, settings)
    kept = [[torch.zeros_like(p) for _ in optimizer.keeps] for p in ours]
    for step in range(1, 101):
        optimizer.step(ours, gradients_at(step), kept, as_tensors(numbers_at(step, settings)), settings)
        for parameter, gradient in zip(theirs, gradients_at(step), strict=True):
            parameter.grad = gradient
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(theirs, clip_norm)
        namesake.step()
    for one, other, state in zip(ours, theirs, kept, strict=True):
        torch.testing.assert_close(one, other.detach(), rtol=1e-8, atol=1e-8)
        for key, value in zip(optimizer.keeps, state, strict=True):
            torch.testing.assert_close(value, namesake.state[other][key], rtol=1e-8, atol=1e-8)


def test_clipping_leaves_a_small_gradient_as_it_is() -> None:
    gradients = [torch.tensor([0.3, 0.4])]
    assert torch.equal(clipped(gradients, torch.tensor(1.0))[0], gradients[0])
    torch.testing.assert_close(clipped(gradients, torch.tensor(0.25))[0], torch.tensor([0.15, 0.2]))


def test_adam_is_the_only_rule_with_numbers_of_the_step() -> None:
    settings = OptimizerConfig("adam")
    first, later = numbers_at(1, settings), numbers_at(7, settings)
    assert {name for name in first if first[name] != later[name]} == set(bias_corrections(1, settings))


def test_an_unknown_optimizer_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown optimizer 'sdg': choose from sgd, momentum, nesterov"):
        find_optimizer("sdg")
