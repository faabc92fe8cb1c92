"""How fast the PyTorch engine is: against the loop that everybody writes, with and without recording its steps."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from statistics import median
from time import perf_counter
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from engines.config import NetworkConfig, OptimizerConfig
from engines.interface import Array, Dataset, Learner
from engines.pytorch.engine import PyTorchEngine
from engines.pytorch.step import TrainingStep
from tui_trainer.config import RunConfig
from tui_trainer.data.loading import load

EPOCHS = 240  # of the assignment's first experiment
SLICE_SECONDS = 0.05
Splits = Mapping[str, Dataset]
Work = Callable[[], object]

ASSIGNMENT = (NetworkConfig(initializer="pytorch"), 32, 937)
MLP = (NetworkConfig("mlp", hidden=(256, 128), initializer="pytorch"), 128, 234)
LENET = (NetworkConfig("lenet", initializer="pytorch"), 32, 60)


def main(rounds: int = 11) -> None:
    """Print tables: what it is, its median, and how many times the line that it is held against."""
    splits = load(RunConfig()).splits
    torch.set_num_threads(1)
    medians = report("assignment, SGD, batch 32, one epoch and its validation", assignment(splits), rounds)
    whole_run(splits, *list(medians.values())[:2])
    report("assignment, SGD, batch 32, an epoch's steps", slices(splits), 3 * rounds)
    for title, optimizer, (network, batch_size, steps) in (
        ("assignment, Adam, batch 32, 937 steps", "adam", ASSIGNMENT),
        ("mlp 784→256→128→10, SGD, batch 128, 234 steps", "sgd", MLP),
        ("lenet, SGD, batch 32, 60 steps", "sgd", LENET),
    ):
        report(title, steps_alone(splits, network, optimizer, batch_size, steps), rounds)


def report(title: str, works: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """Do every work once in each of the rounds; ratios are medians of those within a round, to the first work."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            taken = timed(work)
            if number:  # the first round warms up
                seconds[name].append(taken)
    base = seconds[next(iter(works))]
    print(f"\n| {title} | milliseconds | times |\n|---|---|---|")
    for name, measured in seconds.items():
        ratio = median(one / other for one, other in zip(measured, base, strict=True))
        print(f"| {name} | {median(measured) * 1000:.1f} | {ratio:.2f} |", flush=True)
    return {name: median(measured) for name, measured in seconds.items()}


def timed(work: Work) -> float:
    """Seconds that `work` took."""
    start = perf_counter()
    work()
    return perf_counter() - start


def whole_run(splits: Splits, theirs: float, ours: float) -> None:
    """The asked-for ratio: all epochs, with what it takes to build the learner and to record its step."""
    start = perf_counter()
    learner = build(splits, ASSIGNMENT[0], "sgd")
    learner.train(np.arange(32), 32)
    once = perf_counter() - start
    ratio = (once + EPOCHS * ours) / (EPOCHS * theirs)
    print(
        f"| {EPOCHS} epochs, with {once * 1000:.0f} ms to build and record | {EPOCHS * ours * 1000:.0f} | {ratio:.2f} |"
    )


def assignment(splits: Splits) -> dict[str, Work]:
    """The loop that everybody writes, and ours, with the validation pass."""
    network, batch_size, steps = ASSIGNMENT
    order = shuffled(splits, batch_size * steps)
    recorded, eager = (build(splits, network, "sgd") for _ in range(2))
    return {
        "the loop that everybody writes": everybody(splits, network, "sgd", order, batch_size, validate=True),
        "pytorch": epoch(recorded, order, batch_size),
        "pytorch, steps not recorded": unrecorded(epoch(eager, order, batch_size)),
    }


def slices(splits: Splits) -> dict[str, Work]:
    """An epoch's steps in one call, and in calls of as many steps as fit into a slice."""
    network, batch_size, steps = ASSIGNMENT
    order = shuffled(splits, batch_size * steps)
    whole, sliced = (build(splits, network, "sgd") for _ in range(2))
    seconds = min(timed(lambda: whole.train(order, batch_size)) for _ in range(3)) / steps
    short = max(1, round(SLICE_SECONDS / seconds))
    cut = range(0, len(order), short * batch_size)

    def in_slices() -> None:
        for start in cut:
            sliced.train(order[start : start + short * batch_size], batch_size)

    name = f"{len(cut)} calls of up to {short} steps (50 ms)"
    return {"one call": lambda: whole.train(order, batch_size), name: in_slices}


def steps_alone(splits: Splits, network: NetworkConfig, optimizer: str, batch_size: int, steps: int) -> dict[str, Work]:
    """The same without validation, for another network or optimizer."""
    order = shuffled(splits, batch_size * steps)
    recorded, eager = (build(splits, network, optimizer) for _ in range(2))
    return {
        "the loop that everybody writes": everybody(splits, network, optimizer, order, batch_size, validate=False),
        "pytorch": lambda: recorded.train(order, batch_size),
        "pytorch, steps not recorded": unrecorded(lambda: eager.train(order, batch_size)),
    }


def build(splits: Splits, network: NetworkConfig, optimizer: str) -> Learner:
    """A learner of the engine on one thread."""
    settings = OptimizerConfig(optimizer, 0.001 if optimizer == "adam" else 0.01)
    return PyTorchEngine().build(network, settings, splits=splits, seed=1)


def shuffled(splits: Splits, examples: int) -> Array:
    """That many examples of the training split, in an order that is always the same."""
    return np.random.default_rng(0).permutation(len(splits["training"]))[:examples]


def epoch(learner: Learner, order: Array, batch_size: int) -> Work:
    """All of `order`, then the validation split."""

    def work() -> None:
        learner.train(order, batch_size)
        learner.evaluate("validation")

    return work


def unrecorded(work: Work) -> Work:
    """The same with every step done by autograd, as where recording is not possible."""

    def eager() -> None:
        with patch.object(TrainingStep, "_tape", lambda self, batch: None):
            work()

    return eager


def everybody(
    splits: Splits, network: NetworkConfig, optimizer: str, order: Array, batch_size: int, validate: bool
) -> Work:
    """Tensors in memory, nn.Sequential, torch.optim, `backward`, and `item` for loss and correct count at each step."""
    tensors = {name: (torch.tensor(d.inputs).float() / 255, torch.tensor(d.labels)) for name, d in splits.items()}
    inputs, labels = (tensor[torch.tensor(order)] for tensor in tensors["training"])
    model, loss_of = plain_module(network), nn.CrossEntropyLoss()
    make = {"sgd": lambda p: torch.optim.SGD(p, lr=0.01), "adam": lambda p: torch.optim.Adam(p, lr=0.001)}[optimizer]
    steps = make(model.parameters())

    def pass_over(inputs: Tensor, labels: Tensor, size: int, train: bool) -> None:
        loss_sum, correct = 0.0, 0
        permutation = torch.randperm(len(labels)) if train else torch.arange(len(labels))
        for batch in permutation.split(size):
            logits = model(inputs[batch])
            loss = loss_of(logits, labels[batch])
            if train:
                steps.zero_grad()
                loss.backward()
                steps.step()
            loss_sum += loss.item()
            correct += int((logits.argmax(1) == labels[batch]).sum().item())

    def work() -> None:
        pass_over(inputs, labels, batch_size, train=True)
        if validate:
            with torch.no_grad():
                pass_over(*tensors["validation"], 1000, train=False)

    return work


def plain_module(network: NetworkConfig) -> nn.Module:
    """The network as it is usually written down."""
    if network.name == "assignment":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.ReLU())
    if network.name == "mlp":
        sizes = (784, *network.hidden)
        hidden = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(network.hidden[-1], 10))
    return nn.Sequential(
        *(nn.Unflatten(1, (1, 28)), nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


if __name__ == "__main__":
    main()
