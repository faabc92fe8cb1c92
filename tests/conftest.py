"""What many tests share: how many times to try, and a small data set cut from the real MNIST."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from idx_files import STEMS, write_split

MNIST = Path(__file__).parents[1] / "tui_trainer" / "data" / "mnist"
SMALL = {"training": 640, "validation": 200}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--soak` asks the fault tests for their large N."""
    parser.addoption("--soak", action="store_true", help="run the fault tests with their large N")


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """`soak(500, 2_000)`: how many times to try, the first in an ordinary run and the second with `--soak`."""
    return lambda ordinary, large: large if request.config.getoption("--soak") else ordinary


@pytest.fixture(scope="session")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first 640 training and 200 validation examples of the real MNIST; not to be changed."""
    folder = tmp_path_factory.mktemp("small-mnist")
    for split, (images, labels) in STEMS.items():
        pixels = np.frombuffer(_unpacked(images, 16, SMALL[split] * 784), np.uint8).reshape(-1, 28, 28)
        write_split(folder, split, pixels, np.frombuffer(_unpacked(labels, 8, SMALL[split]), np.uint8))
    return folder


def _unpacked(stem: str, skip: int, size: int) -> bytes:
    with gzip.open(MNIST / f"{stem}.gz") as file:
        file.read(skip)
        return file.read(size)
