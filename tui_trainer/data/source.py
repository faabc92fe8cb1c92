"""The bytes of a file that may be broken or hostile, unpacked if they are gzip, hashed as they lie on disk."""

import hashlib
import os
import stat
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import NoReturn

from tui_trainer.text import LONGEST, printable

PIECE = 1 << 16
HEADER_BUDGET = 1 << 20  # bytes on disk before the first values: gzip may put a name and a comment there
DEFLATE_RATIO = 1032  # deflate cannot pack more bytes than this into one (zlib's technical notes)
FILE_TYPES = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}


class DataError(ValueError):
    """Data files that cannot be used: one line that names the file and the reason."""

    def __init__(self, path: str | Path, reason: str) -> None:
        text = str(path)
        end = text if len(text) <= LONGEST else "…" + text[1 - LONGEST :]  # the file's name stands at the end
        super().__init__(f"{printable(end)}: {reason}")
        self.reason = reason


@contextmanager
def reasons(path: Path) -> Generator[None]:
    """Within it, what the system or zlib has against a path is a `DataError`."""
    try:
        yield
    except OSError as error:
        raise DataError(path, (error.strerror or "cannot be read").lower()) from None
    except zlib.error as error:
        raise DataError(path, f"its gzip data are damaged ({str(error).rpartition(': ')[2]})") from None


@contextmanager
def opened(path: Path) -> Generator["Source"]:
    """The bytes of a regular file; nothing else is opened, as a FIFO or a device may block; `DataError`."""
    with reasons(path):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = FILE_TYPES.get(stat.S_IFMT(status.st_mode), "a device")
            raise DataError(path, f"is {kind}, not a file")
        if status.st_size == 0:
            raise DataError(path, "is empty")
        with FileIO(path, opener=_open_without_waiting) as file:
            yield Source(path, file, status.st_size)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a FIFO may have taken the file's place


class Source:
    """Hands out the unpacked bytes of an open file, in pieces."""

    def __init__(self, path: Path, file: FileIO, size: int) -> None:
        self.path, self.size = path, size
        self._file, self._hash = file, hashlib.sha256()
        self._taken, self._budget = 0, HEADER_BUDGET
        self._pending = self._take()
        packed = self._pending.startswith(b"\x1f\x8b")
        self._unpacker = zlib.decompressobj(wbits=31) if packed else None  # 31: gzip, with its checks

    @property
    def sha256(self) -> str:
        """Of what was taken from the disk: of the whole file after `finish`."""
        return self._hash.hexdigest()

    def read(self, limit: int) -> bytes:
        """From 1 to `limit` bytes, or none at the end."""
        if self._unpacker is not None:
            return self._unpack(self._unpacker, limit)
        self._pending = self._pending or self._take()
        piece, self._pending = self._pending[:limit], self._pending[limit:]
        return piece

    def header(self, size: int) -> bytes:
        """The first `size` bytes, or fewer at the end."""
        found = b""
        while len(found) < size and (piece := self.read(size - len(found))):
            found += piece
        return found

    def expect(self, size: int) -> None:
        """Whether a file of this length on disk can hold `size` bytes and little else; else `DataError`."""
        if self._unpacker is None and self.size != size:
            self.refuse(f"has {self.size:,} bytes, but its header says {size:,}")
        if self.size * DEFLATE_RATIO < size:
            self.refuse(f"cannot hold the {size:,} bytes that its header says")
        if self.size > size + size // 8 + HEADER_BUDGET:
            self.refuse(f"is far larger than the {size:,} bytes that its header says")
        self._budget = self.size

    def pieces(self, size: int) -> Iterator[bytes]:
        """Exactly the next `size` bytes, in pieces."""
        done = 0
        while done < size:
            piece = self.read(min(PIECE, size - done))
            if not piece:
                self.refuse(f"is cut short: it has {done:,} of {size:,} values")
            yield piece
            done += len(piece)

    def fill(self, values: memoryview) -> None:
        """Exactly as many bytes as there is room for."""
        done = 0
        for piece in self.pieces(len(values)):
            values[done : done + len(piece)] = piece
            done += len(piece)

    def finish(self) -> None:
        """Nothing may follow, packed or not; gzip's checksum and length are verified on the way."""
        if self.read(1):
            self.refuse("has more values than its header says")
        if self._unpacker is not None and (self._unpacker.unused_data or self._take()):
            self.refuse("has more bytes after its gzip data")

    def refuse(self, reason: str) -> NoReturn:
        """A `DataError` about this file."""
        raise DataError(self.path, reason)

    def _unpack(self, unpacker: "zlib._Decompress", limit: int) -> bytes:
        while not unpacker.eof:
            piece = unpacker.decompress(self._pending, limit)
            self._pending = unpacker.unconsumed_tail
            if piece:
                return piece
            if not unpacker.eof and not self._pending:
                self._pending = self._take() or self.refuse("its gzip data are cut short")
        return b""

    def _take(self) -> bytes:
        if self._taken > self._budget:
            self.refuse("is no IDX file, or changed while it was read")
        piece = self._file.read(PIECE) or b""  # None where a device would block
        self._taken += len(piece)
        self._hash.update(piece)
        return piece
