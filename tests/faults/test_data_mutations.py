"""Mutated data files: the exact data as an independent reader sees them, or one line that names file and reason."""

import gzip
import math
import random
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from idx_files import NAMES

from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.data import idx


def flip(rng: random.Random, content: bytearray) -> None:
    for _ in range(rng.choice([1, 1, 1, 2, 20])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def flip_near_the_start(rng: random.Random, content: bytearray) -> None:
    content[rng.randrange(min(30, len(content)))] = rng.choice([0, 1, 8, 255, rng.randrange(256)])


def cut(rng: random.Random, content: bytearray) -> None:
    del content[rng.randrange(len(content)) :]


def extend(rng: random.Random, content: bytearray) -> None:
    content += rng.choice([b"\0", rng.randbytes(rng.randrange(1, 5_000)), bytes(content)])


def drop(rng: random.Random, content: bytearray) -> None:
    at = rng.randrange(len(content))
    del content[at : at + rng.randrange(1, 100)]


def zero(rng: random.Random, content: bytearray) -> None:
    at = rng.randrange(len(content))
    end = min(len(content), at + rng.choice([1, 512, 4096]))
    content[at:end] = bytes(end - at)


def splice(rng: random.Random, content: bytearray) -> None:
    at, start = rng.randrange(len(content)), rng.randrange(len(content))
    content[at : at + 500] = content[start : start + 500]


MUTATIONS = [flip, flip_near_the_start, cut, extend, drop, zero, splice]


def unpacked(content: bytes) -> bytes:
    """The bytes of a file that is or is not gzip; none if anything at all is wrong with it."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content)
    except zlib.error:
        return b""
    return plain if unpacker.eof and not unpacker.unused_data else b""


def expected(content: bytes, dimensions: int) -> np.ndarray | None:
    """The oracle: what is in a file, or None if it has to be refused."""
    plain = unpacked(content)
    size = 4 + 4 * dimensions
    if len(plain) < size or plain[:4] != bytes([0, 0, 8, dimensions]):
        return None
    shape = struct.unpack(f">{dimensions}I", plain[4:size])
    if not 0 < math.prod(shape) == len(plain) - size:
        return None
    return np.frombuffer(plain, np.uint8, offset=size).reshape(shape)


def mutate(rng: random.Random, content: bytes) -> bytes:
    mutated = bytearray(gzip.compress(content, 1, mtime=0) if rng.random() < 0.5 else content)
    for _ in range(rng.choice([1, 1, 2])):
        if mutated:
            rng.choice(MUTATIONS)(rng, mutated)
    return bytes(mutated)


def is_read_exactly(path: Path, dimensions: int) -> bool:
    """Whether a file is read; then it is what the oracle says, and else the oracle refuses it too."""
    values = expected(path.read_bytes(), dimensions)
    if values is None:
        with pytest.raises(data.DataError) as caught:
            idx.read(path, dimensions)
        assert str(caught.value).startswith(f"{path}: ")
        assert str(caught.value).isprintable()
        return False
    found, file = idx.read(path, dimensions)
    assert np.array_equal(found, values)
    assert file.size == path.stat().st_size
    return True


def is_loaded(folder: Path) -> bool:
    """Whether a folder is loaded; the only other thing that may happen is a `DataError` of one line."""
    try:
        data.load(RunConfig(data=str(folder)))
    except data.DataError as error:
        return not str(error).isprintable()
    return True


def test_mutated_files_give_the_exact_data_or_one_line(tmp_path, small_mnist, soak):
    folder = tmp_path / "set"
    shutil.copytree(small_mnist, folder)
    rng = random.Random(20261123)
    read = 0
    tries = soak(500, 2_000)
    for _ in range(tries):
        name = rng.choice(NAMES)
        (folder / name).write_bytes(mutate(rng, (small_mnist / name).read_bytes()))
        whole = is_read_exactly(folder / name, 3 if "images" in name else 1)
        read += whole
        assert is_loaded(folder) <= whole  # a file that is whole may not fit to the others
        shutil.copy(small_mnist / name, folder / name)
    assert tries / 20 < read < tries / 2  # a flipped pixel of a plain file cannot be told from data
