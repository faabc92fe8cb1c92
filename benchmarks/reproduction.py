"""Ten seeds of all rows of the assignment's table, against its own loops for one seed of each experiment."""

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from tui_trainer import data
from tui_trainer.config import RunConfig

EPOCHS = {"problem 1, NumPy": 240, "problem 2, PyTorch, SGD": 200, "problem 2, PyTorch, Adam": 200}
SHORT, LONG = 2, 6  # epochs of two reproductions, whose difference is the cost of an epoch
Loop = Callable[[], object]


def main(rounds: int = 2) -> None:
    """Print what each takes; with `--full DIR` the reproduction is run in full length, and its report and runs stay
    in DIR; else its time is extrapolated."""
    torch.set_num_threads(1)  # kinder to the loops: on a busy machine more threads are many times slower
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        loops = assignment_loops(unpacked(Path(folder)))
        seconds: dict[str, list[float]] = {name: [] for name in loops}
        for name, loop in loops.items():
            seconds[name].append(timed(loop))
        took, how = reproduction(Path(folder), kept_in(sys.argv))
        for _ in range(rounds):
            for name, loop in loops.items():
                seconds[name].append(timed(loop))
    print("\n| what | seconds an epoch | minutes |\n|---|---|---|")
    total = 0.0
    for name, measured in seconds.items():
        total += EPOCHS[name] * median(measured)
        print(f"| {name}, one seed, {EPOCHS[name]} epochs | {median(measured):.2f} | {whole(name, measured):.1f} |")
    print(f"| the three, one seed each, extrapolated | | {total / 60:.1f} |")
    print(f"| reproduce --seeds 10, {how} | | {took / 60:.1f} |")
    print(f"| of the time of the three loops | | {took / total:.2f} |")


def kept_in(words: list[str]) -> str:
    """The folder after `--full`, or nothing."""
    return words[words.index("--full") + 1] if "--full" in words else ""


def whole(name: str, measured: list[float]) -> float:
    """Minutes of all epochs."""
    return EPOCHS[name] * median(measured) / 60


def timed(loop: Loop) -> float:
    """Seconds of an epoch."""
    start = perf_counter()
    loop()
    return perf_counter() - start


def reproduction(folder: Path, full: str = "") -> tuple[float, str]:
    """Seconds of `tui-trainer reproduce --seeds 10`, and how they were found."""
    if full:
        return command(Path(full)), "all epochs"
    short, long = command(folder / "short", SHORT), command(folder / "long", LONG)
    return short + (long - short) / (LONG - SHORT) * (210 - SHORT), f"extrapolated from {SHORT} and {LONG} epochs"


def command(out: Path, epochs: int | None = None) -> float:
    """Wall time of the command as its user waits for it."""
    line = ["reproduce", "--seeds", "10", "--out", str(out), "--json"]
    line += [] if epochs is None else ["--epochs", str(epochs)]
    start = perf_counter()
    code = "import sys; from tui_trainer.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, *line], stdout=subprocess.PIPE, check=True)
    json.loads(done.stdout)
    return perf_counter() - start


def unpacked(folder: Path) -> Path:
    """The shipped files where torchvision looks for them."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in (resources.files("tui_trainer") / "data" / "mnist").iterdir():
        if packed.name.endswith(".gz"):
            with packed.open("rb") as source, (raw / packed.name[:-3]).open("wb") as target:
                shutil.copyfileobj(gzip.GzipFile(fileobj=source), target)
    return folder


def assignment_loops(folder: Path) -> dict[str, Loop]:
    """One epoch with its validation, written as a student writes it."""
    sampled = {
        "train": Subset(MNIST(str(folder), True, ToTensor()), torch.randperm(60_000)[:30_000].tolist()),
        "validation": Subset(MNIST(str(folder), False, ToTensor()), torch.randperm(10_000)[:5_000].tolist()),
    }
    sgd = torch_loop(sampled, lambda parameters: torch.optim.SGD(parameters, lr=0.01))
    adam = torch_loop(sampled, lambda parameters: torch.optim.Adam(parameters, lr=0.01))
    return dict(zip(EPOCHS, (numpy_loop(), sgd, adam), strict=True))


def torch_loop(sampled: dict[str, Subset], make: Callable[..., torch.optim.Optimizer]) -> Loop:
    """Problem 2: pictures through ToTensor and DataLoader, one by one."""
    model, loss_of = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.ReLU()), nn.CrossEntropyLoss()
    optimizer = make(model.parameters())
    loaders = {name: DataLoader(split, 32, shuffle=name == "train") for name, split in sampled.items()}

    def epoch() -> None:
        for name, loader in loaders.items():
            loss_sum, correct = 0.0, 0
            for inputs, labels in loader:
                with torch.set_grad_enabled(name == "train"):
                    logits = model(inputs)
                    loss = loss_of(logits, labels)
                if name == "train":
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                loss_sum += loss.item()
                correct += int((logits.argmax(1) == labels).sum())

    return epoch


def numpy_loop() -> Loop:
    """Problem 1: forward, backward and update of each batch in plain NumPy, float64."""
    splits = data.load(RunConfig(seed=1)).splits
    arrays = {name: (d.inputs.reshape(-1, 784) / 255, np.eye(10)[d.labels]) for name, d in splits.items()}
    weight, bias = np.random.randn(784, 10), np.random.randn(10)
    weight, bias = weight / np.linalg.norm(weight, 2), bias / np.linalg.norm(bias)

    def batches(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        order = np.random.permutation(len(x))
        for start in range(0, len(x) - 31, 32):
            batch = order[start : start + 32]
            yield x[batch], y[batch]

    def epoch() -> None:
        for name, (x, y) in arrays.items():
            loss_sum, correct = 0.0, 0
            for inputs, targets in batches(x, y):
                z = inputs @ weight + bias
                a = np.maximum(z, 0)
                e = np.exp(a - a.max(1, keepdims=True))
                p = e / e.sum(1, keepdims=True)
                loss_sum += -np.log((p * targets).sum(1)).mean()
                correct += int((p.argmax(1) == targets.argmax(1)).sum())
                if name == "training":
                    dz = (p - targets) * (z > 0)
                    weight[...] -= 0.01 * (inputs.T @ dz / len(inputs))
                    bias[...] -= 0.01 * dz.mean(0)

    return epoch


if __name__ == "__main__":
    main()
