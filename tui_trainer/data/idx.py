"""Reads one IDX file that may be broken or hostile: the exact array, or one line that says why not.

The format: two zero bytes, the type of the values, the number of dimensions, each dimension as a big-endian
uint32, then the values (LeCun, http://yann.lecun.com/exdb/mnist/). Nothing large is allocated before the header
and the size of the file agree.
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.interface import Array
from tui_trainer.data.source import Source, opened

MAX_BYTES = 2 * 1024**3  # of the values of one file
UNSIGNED_BYTE = 0x08
TYPES = (UNSIGNED_BYTE, 0x09, 0x0B, 0x0C, 0x0D, 0x0E)
KINDS = {1: "labels", 3: "images"}


@dataclass(frozen=True)
class DataFile:
    """What a run records of a file that it read; size and SHA-256 are of the file as it lies on disk."""

    name: str
    size: int
    sha256: str


def read_shape(path: Path, dimensions: int) -> tuple[int, ...]:
    """The shape that the header gives, (examples, rows, columns) or (examples,); `DataError`."""
    with opened(path) as source:
        return _read_shape(source, dimensions)


def read(path: Path, dimensions: int) -> tuple[Array, DataFile]:
    """All values as uint8 in the shape that the header gives, and what to record of the file; `DataError`."""
    with opened(path) as source:
        shape = _read_shape(source, dimensions)
        values = np.empty(math.prod(shape), np.uint8)
        source.fill(values.data)
        source.finish()
        return values.reshape(shape), DataFile(path.name, source.size, source.sha256)


def verify(path: Path, dimensions: int) -> tuple[tuple[int, ...], DataFile]:
    """The shape, and what to record of a file, all of which was read and checked as `read` does, and not kept."""
    with opened(path) as source:
        shape = _read_shape(source, dimensions)
        for _ in source.pieces(math.prod(shape)):
            pass
        source.finish()
        return shape, DataFile(path.name, source.size, source.sha256)


def _read_shape(source: Source, dimensions: int) -> tuple[int, ...]:
    header = source.header(4 + 4 * dimensions)
    if problem := _magic_problem(header, dimensions):
        source.refuse(problem)
    if len(header) < 4 + 4 * dimensions:
        source.refuse("is cut short: it ends within its header")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    size = math.prod(shape)
    if size == 0:
        source.refuse(f"holds nothing: its header says {' × '.join(map(str, shape))}")
    if size > MAX_BYTES:
        source.refuse(f"its header says {size:,} values; at most {MAX_BYTES:,} can be read")
    source.expect(len(header) + size)
    return shape


def _magic_problem(header: bytes, dimensions: int) -> str | None:
    wanted = KINDS[dimensions]
    if header.lstrip()[:1] == b"<":
        return "is a web page, not an IDX file"
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] not in TYPES:
        return f"is not an IDX file: it begins with {header[:4].hex(' ') or 'nothing'}"
    if header[2] != UNSIGNED_BYTE:
        return f"its values are of type 0x{header[2]:02x}; only unsigned bytes (0x08) can be read"
    if header[3] != dimensions:
        found = KINDS.get(header[3], "something else")
        return f"holds {found} ({header[3]} dimensions), where {wanted} ({dimensions}) are wanted"
    return None
