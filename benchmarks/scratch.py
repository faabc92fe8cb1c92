"""How fast the from-scratch engine is: against the least that NumPy must do, and against PyTorch's eager loop."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from engines import load_engine
from engines.config import NetworkConfig, OptimizerConfig
from engines.interface import Array, Dataset, Learner
from tui_trainer.config import RunConfig
from tui_trainer.data.loading import load
from tui_trainer.data.order import epoch_order

MLP = NetworkConfig("mlp", hidden=(256, 128), initializer="he")
LENET = NetworkConfig("lenet", initializer="pytorch")
LENET_STEPS = 60
Work = Callable[[], object]
Splits = Mapping[str, Dataset]


def main(rounds: int = 15) -> None:
    """Print one table row a line: what it is, its median, and how many times the line that it is held against."""
    splits = load(RunConfig()).splits
    with threadpool_limits(1):
        report("assignment, batch 32, one epoch", assignment(splits), rounds)
        report("mlp 784→256→128→10, batch 128, one epoch", mlp(splits), rounds)
        report(f"lenet, batch 32, {LENET_STEPS} steps", lenet(splits), rounds)


def report(title: str, works: Mapping[str, Work], rounds: int) -> None:
    """Do every work once in each of the rounds; ratios are medians of those within a round, to the first work."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            start = perf_counter()
            work()
            if number:  # the first round warms up
                seconds[name].append(perf_counter() - start)
    base = seconds[next(iter(works))]
    print(f"\n| {title} | milliseconds | times |\n|---|---|---|")
    for name, measured in seconds.items():
        ratio = median(one / other for one, other in zip(measured, base, strict=True))
        print(f"| {name} | {median(measured) * 1000:.1f} | {ratio:.2f} |")


def assignment(splits: Splits) -> dict[str, Work]:
    """The floor, the engine, and the engine in slices of a tenth of an epoch."""
    order = whole_batches(splits, 32)
    return {
        "floor: gather 32 rows of float32, x@W, x.T@dz": floor(splits["training"], order.reshape(-1, 32)),
        "scratch, with the 5,000 of validation": epoch(learner(NetworkConfig(), splits), order, 32, validate=True),
        "scratch, the steps alone": epoch(learner(NetworkConfig(), splits), order, 32),
        "scratch, the steps in slices of 94": epoch(learner(NetworkConfig(), splits), order, 32, slice_steps=94),
    }


def mlp(splits: Splits) -> dict[str, Work]:
    """The matrix products alone, the engine, and the engine in slices of about 50 ms."""
    order = whole_batches(splits, 128)
    return {
        "its matrix products": matrix_products((784, 256, 128, 10), 128, len(order) // 128),
        "scratch": epoch(learner(MLP, splits), order, 128),
        "scratch, in slices of 25 steps": epoch(learner(MLP, splits), order, 128, slice_steps=25),
    }


def lenet(splits: Splits) -> dict[str, Work]:
    """PyTorch's eager loop, where there is PyTorch, and the engine."""
    order = whole_batches(splits, 32)[: 32 * LENET_STEPS]
    eager = {"PyTorch, eager": eager_lenet(splits["training"], order.reshape(-1, 32))} if find_spec("torch") else {}
    return eager | {"scratch": epoch(learner(LENET, splits), order, 32)}


def learner(network: NetworkConfig, splits: Splits) -> Learner:
    """A learner of the from-scratch engine that descends with SGD, on one thread."""
    return load_engine("scratch").build(network, OptimizerConfig("sgd", learning_rate=0.01), splits=splits, seed=0)


def whole_batches(splits: Splits, batch_size: int) -> Array:
    """The order of an epoch without its last, partial batch."""
    examples = len(splits["training"])
    return epoch_order(0, 1, examples)[: examples // batch_size * batch_size]


def epoch(trained: Learner, order: Array, batch_size: int, slice_steps: int = 0, validate: bool = False) -> Work:
    """Train on `order` in one call or in slices, and evaluate if asked to."""
    size = slice_steps * batch_size or len(order)

    def work() -> None:
        for start in range(0, len(order), size):
            trained.train(order[start : start + size], batch_size)
        if validate:
            trained.evaluate("validation")

    return work


def floor(data: Dataset, batches: Array) -> Work:
    """The least that a step must do in NumPy, for each of `batches` `(steps, batch)`."""
    inputs = data.inputs.reshape(len(data), -1) * np.float32(data.factor)  # (examples, 784) float32
    weight, dz = np.zeros((784, 10), np.float32), np.ones((32, 10), np.float32)

    def work() -> None:
        for batch in batches:
            x = inputs[batch]
            x @ weight
            x.T @ dz

    return work


def matrix_products(sizes: Sequence[int], batch_size: int, steps: int) -> Work:
    """The products of forward and backward of linear layers, without the gradient of the first inputs."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=pair).astype(np.float32) for pair in itertools.pairwise(sizes)]
    values = [rng.normal(size=(batch_size, size)).astype(np.float32) for size in sizes]

    def work() -> None:
        for _ in range(steps):
            for x, weight, y in zip(values, weights, values[1:], strict=False):
                x @ weight
                x.T @ y
                if x is not values[0]:
                    y @ weight.T

    return work


def eager_lenet(data: Dataset, batches: Array) -> Work:
    """The same network in the loop that everybody writes in PyTorch, its tensors in memory, on one thread."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    network = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    optimizer, loss = torch.optim.SGD(network.parameters(), lr=0.01), nn.CrossEntropyLoss()
    inputs = torch.from_numpy(data.inputs * np.float32(data.factor))[:, None]  # (examples, 1, 28, 28)
    labels, orders = torch.from_numpy(data.labels), torch.from_numpy(batches)

    def work() -> None:
        for batch in orders:
            optimizer.zero_grad()
            loss(network(inputs[batch]), labels[batch]).backward()
            optimizer.step()

    return work


if __name__ == "__main__":
    main()
