"""Runs on a small data set that several seeds train together."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from engines.interface import Dataset
from tui_trainer import data
from tui_trainer.config import RunConfig, resolve

Configs = Callable[..., list[RunConfig]]


@pytest.fixture
def configs(small_mnist: Path) -> Configs:
    """`configs(seeds, name=value, …)`: one config for each seed, alike but for it."""

    def make(seeds: Sequence[int], **changes: object) -> list[RunConfig]:
        source = {"data": str(small_mnist), "train_examples": 640, "validation_examples": 200, "data_seed": 7}
        shared = {**source, "epochs": 3, **changes}
        return [resolve({**shared, "seed": seed, "title": f"seed {seed}"}) for seed in seeds]

    return make


@pytest.fixture
def small_training(small_mnist: Path) -> Dataset:
    """The training split of the small data set."""
    return data.load(resolve({"data": str(small_mnist)})).splits["training"]
