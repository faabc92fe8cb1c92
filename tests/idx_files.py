"""Writes IDX files, good ones and broken ones, without the code that is tested."""

import gzip
import struct
from pathlib import Path

import numpy as np

STEMS = {
    "training": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "validation": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
NAMES = tuple(stem for stems in STEMS.values() for stem in stems)


def header(*shape: int, kind: int = 0x08) -> bytes:
    """The header of an IDX file of that shape."""
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape)


def idx_bytes(values: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes."""
    return header(*values.shape) + values.astype(np.uint8).tobytes()


def write_split(folder: Path, split: str, images: np.ndarray, labels: np.ndarray, packed: bool = False) -> None:
    """The two files of a split."""
    for stem, values in zip(STEMS[split], (images, labels), strict=True):
        write(folder / stem, idx_bytes(values), packed)


def write(path: Path, content: bytes, packed: bool = False) -> None:
    """A file, or a gzip file with the ending that belongs to it."""
    if packed:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content, 1, mtime=0))
    else:
        path.write_bytes(content)
