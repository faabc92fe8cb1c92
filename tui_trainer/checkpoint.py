"""One state of a run on disk: named arrays and a description, in safetensors, under a SHA-256 of our own."""

import errno
import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from engines.interface import Array
from tui_trainer.storage import publish

LARGEST_HEADER = 1 << 20  # bytes
LARGEST_FILE = 1 << 31  # bytes
NOT_THE_FILE = (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # it may still be good


class CheckpointError(ValueError):
    """A file that is no checkpoint, or no longer the one that was written; says why in one line."""


@dataclass(frozen=True)
class Checkpoint:
    """A complete training state: `tensors` by name, and `about` as JSON values."""

    tensors: Mapping[str, Array]
    about: Mapping[str, Any]


def is_finite(tensors: Mapping[str, Array]) -> bool:
    """Whether no array holds a NaN or an infinity."""
    return all(bool(np.isfinite(array).all()) for array in tensors.values() if array.dtype.kind == "f")


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Publish a checkpoint at `path`, atomically; `OSError` when the disk refuses."""
    tensors = {name: np.asarray(array, order="C") for name, array in checkpoint.tensors.items()}
    about = json.dumps(checkpoint.about, sort_keys=True, allow_nan=False)
    data = save_tensors(tensors, {"about": about, "sha256": _digest(tensors, about)})
    publish(path, [data])


def read_checkpoint(path: Path, limit: int = LARGEST_FILE) -> Checkpoint:
    """Read and verify a checkpoint of at most `limit` bytes; `CheckpointError` when anything about it is wrong.

    `OSError` when the file may be good but cannot be read now: no permission, too many open files, no memory.
    """
    data = _read(path, limit)
    header = _header(data)
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or not {"about", "sha256"} <= metadata.keys():
        raise CheckpointError("it is a safetensors file, but no checkpoint of a run")
    try:
        tensors = load_tensors(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"its arrays cannot be read: {error}") from None
    if _digest(tensors, str(metadata["about"])) != metadata["sha256"]:
        raise CheckpointError("its contents do not match their SHA-256")
    return Checkpoint(tensors, _table(metadata["about"], "description"))


def _read(path: Path, limit: int) -> bytes:
    """The bytes of a plain file within the limit."""
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise CheckpointError("it is not a plain file")
        if not 8 <= info.st_size <= limit:
            raise CheckpointError(f"its size of {info.st_size} bytes cannot be that of a checkpoint of this run")
        return path.read_bytes()
    except OSError as error:
        if error.errno in NOT_THE_FILE:
            raise
        raise CheckpointError((error.strerror or "it cannot be read").lower()) from None


def _header(data: bytes) -> dict[str, Any]:
    """The JSON header, after its length was checked against the file."""
    length = int.from_bytes(data[:8], "little")
    if length > min(LARGEST_HEADER, len(data) - 8):
        raise CheckpointError("its header is longer than the file or than any header of ours")
    return _table(data[8 : 8 + length], "header")


def _table(text: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object in a text."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise CheckpointError(f"its {what} is not JSON") from None
    if not isinstance(table, dict):
        raise CheckpointError(f"its {what} is no table")
    return table


def _digest(tensors: Mapping[str, Array], about: str) -> str:
    """SHA-256 over the description and, in the order of names, each array's name, type, shape and bytes."""
    sha = hashlib.sha256(about.encode())
    for name in sorted(tensors):
        array = tensors[name]
        sha.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()
