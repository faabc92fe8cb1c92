"""Schedules against their namesakes in PyTorch, epoch by epoch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.schedules import ScheduleConfig, learning_rate_at

torch = pytest.importorskip("torch")
from torch.optim import lr_scheduler  # noqa: E402  # only where torch is

EPOCHS = 60
CASES = {
    "constant": (ScheduleConfig(), lambda opt: lr_scheduler.ConstantLR(opt, factor=1)),
    "step": (ScheduleConfig("step", 7, 0.3), lambda opt: lr_scheduler.StepLR(opt, 7, 0.3)),
    "cosine": (ScheduleConfig("cosine"), lambda opt: lr_scheduler.CosineAnnealingLR(opt, EPOCHS)),
    "warm-up": (ScheduleConfig("warm-up", warm_up=6), lambda opt: lr_scheduler.LinearLR(opt, 1 / 6, 1, 5)),
}


def sgd() -> "torch.optim.SGD":
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


@pytest.mark.parametrize("name", CASES)
def test_a_schedule_gives_the_rates_of_its_namesake(name: str) -> None:
    config, make = CASES[name]
    optimizer = sgd()
    theirs = make(optimizer)
    for epoch in range(1, EPOCHS + 1):
        assert learning_rate_at(epoch, 0.1, EPOCHS, config) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        theirs.step()


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 10), max_size=40), st.integers(1, 5))
def test_plateau_cuts_where_its_namesake_does(losses: list[float], patience: int) -> None:
    optimizer = sgd()
    theirs = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience, eps=0)
    for loss in losses:
        theirs.step(loss)
    config = ScheduleConfig("plateau", patience, 0.5)
    ours = learning_rate_at(len(losses) + 1, 0.1, 100, config, losses)
    assert ours == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
