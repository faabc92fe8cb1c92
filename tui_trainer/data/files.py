"""Finds the four IDX files of a data set and says what their headers do, without reading the values."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tui_trainer.data.idx import read_shape
from tui_trainer.data.source import DataError, reasons

PREFIXES = {"training": "train", "validation": "t10k"}
SHIPPED = Path(__file__).parent / "mnist"
SHIPPED_SHA256 = {
    "train-images-idx3-ubyte.gz": "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    "train-labels-idx1-ubyte.gz": "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    "t10k-images-idx3-ubyte.gz": "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    "t10k-labels-idx1-ubyte.gz": "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
}


@dataclass(frozen=True)
class SplitFiles:
    """Where a split lies, and the shape `(examples, rows, columns)` that the headers of its two files agree on."""

    images: Path
    labels: Path
    shape: tuple[int, ...]


def folder_of(data: str | None) -> Path:
    """The folder that a config's `data` names, as an absolute path; the shipped MNIST's for None."""
    if data is None:
        return SHIPPED
    at_home = data == "~" or data.startswith("~/")
    with reasons(Path(data)):
        return Path(os.path.expanduser(data) if at_home else data).absolute()  # noqa: PTH111 - never raises


def find(data: str | None) -> dict[str, SplitFiles]:
    """The files of both splits, their headers read and compared; `DataError`."""
    folder = folder_of(data)
    _check_folder(folder)
    splits = {split: _find_split(folder, prefix) for split, prefix in PREFIXES.items()}
    training, validation = splits.values()
    if training.shape[1:] != validation.shape[1:]:
        reason = f"its images are {_size(validation)}, those for training are {_size(training)}"
        raise DataError(validation.images, reason)
    return splits


def _check_folder(folder: Path) -> None:
    try:
        with reasons(folder):
            if not stat.S_ISDIR(folder.stat().st_mode):
                raise DataError(folder, "is not a folder; the data are a folder with four IDX files")
    except ValueError as error:  # NUL, or what the file system cannot encode
        raise error if isinstance(error, DataError) else DataError(folder, "cannot be a path") from None


def _find_split(folder: Path, prefix: str) -> SplitFiles:
    images, labels = _find_file(folder, prefix, "images", 3), _find_file(folder, prefix, "labels", 1)
    shape, (count,) = read_shape(images, 3), read_shape(labels, 1)
    if count != shape[0]:
        raise DataError(labels, f"has {count:,} labels for the {shape[0]:,} images of {images.name}")
    return SplitFiles(images, labels, shape)


def _find_file(folder: Path, prefix: str, kind: str, dimensions: int) -> Path:
    stems = [f"{prefix}-{kind}{mark}idx{dimensions}-ubyte" for mark in "-."]
    for name in (stem + ending for stem in stems for ending in ("", ".gz")):
        if _exists(folder / name):
            return folder / name
    raise DataError(folder, f"holds no {stems[0]} or {stems[0]}.gz")


def _exists(path: Path) -> bool:
    with reasons(path):
        try:
            path.lstat()  # a broken link is there, and its error names it
        except FileNotFoundError:
            return False
        return True


def _size(files: SplitFiles) -> str:
    return " × ".join(map(str, files.shape[1:]))
