"""The one seam to the disk: whatever a run must not lose is written, synced, replaced and unlinked through here."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

BLOCK = 1 << 16  # bytes that are searched at a time for the end of a line


class Disk:
    """The system calls that change a run directory, one method each, so that a test can replace any of them."""

    def open(self, path: Path, flags: int) -> int:
        """A descriptor; new files are readable by all, as the umask allows."""
        return os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o666)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        """Bytes written, which can be fewer than given."""
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        """Ask that what was written survives a power loss."""
        os.fsync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target`, in one step."""
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file to `size` bytes."""
        os.ftruncate(descriptor, size)

    def lock(self, descriptor: int) -> None:
        """Wait until no other process holds the lock of a file, and hold it until the descriptor is closed."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def mkdir(self, path: Path) -> None:
        """Make a directory; `FileExistsError` when somebody else was first."""
        os.mkdir(path)


disk = Disk()


def publish(path: Path, pieces: Iterable[bytes | memoryview]) -> None:
    """Replace `path` by new contents so that at every instant it is either the old file or the new one, whole.

    A temporary file in the same directory → write → fsync → replace → fsync of the directory.
    On failure the old file is untouched, the temporary one is removed where that works, and `OSError` is raised.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        descriptor = disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            for piece in pieces:
                write_all(descriptor, piece)
            disk.fsync(descriptor)
        finally:
            os.close(descriptor)
        disk.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            disk.unlink(temporary)
        raise
    sync_directory(path.parent)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write everything, or raise `OSError`."""
    rest = memoryview(data)
    while rest:
        written = disk.write(descriptor, rest)
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest = rest[written:]


def sync_directory(path: Path) -> None:
    """Make renames and new names in a directory survive a power loss."""
    descriptor = disk.open(path, os.O_RDONLY)
    try:
        disk.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """Make a directory that must not be there yet, and make its name last."""
    disk.mkdir(path)
    sync_directory(path.parent)


def make_folder(path: Path) -> None:
    """Make a directory and those that it lies in, where they are missing, and make their names last."""
    for folder in reversed((path, *path.parents)):
        if not folder.is_dir():
            with contextlib.suppress(FileExistsError):  # somebody else was first
                make_directory(folder)


class Appender:
    """Appends whole lines to a file of which this process is the only writer; a failed line leaves no torn half."""

    def __init__(self, path: Path) -> None:
        self._descriptor = disk.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            self.size = _end_of_lines(self._descriptor)
            self._torn = self.size != os.fstat(self._descriptor).st_size  # a crash left half a line
            sync_directory(path.parent)
        except BaseException:
            os.close(self._descriptor)
            raise

    def append(self, data: bytes) -> None:
        """Write in one call; on a short write cut back to what stood before and raise `OSError`."""
        self._mend()
        self._torn = True
        if disk.write(self._descriptor, data) != len(data):
            self._mend()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._torn = False
        self.size += len(data)

    def _mend(self) -> None:
        """Cut off what a write that failed may have left; it is tried again before the next one."""
        if self._torn:
            disk.truncate(self._descriptor, self.size)
            self._torn = False

    def cut(self, size: int) -> None:
        """Forget what lies behind `size`; it lasts from the next `sync` on."""
        disk.truncate(self._descriptor, size)
        self.size = size

    def sync(self) -> None:
        """Make what was appended survive a power loss."""
        disk.fsync(self._descriptor)

    @property
    def removed(self) -> bool:
        """Whether somebody deleted the file: what is written to it nobody can read."""
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._descriptor)


def _end_of_lines(descriptor: int) -> int:
    """Where the last whole line of a file ends."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - BLOCK)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def append_line(path: Path, line: bytes) -> None:
    """Append one line to a file that several processes append to, each in its turn.

    A line that crosses a page of memory can be seen half written: without the lock it would look torn by a crash.
    """
    descriptor = disk.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        disk.lock(descriptor)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = b"\n" + line if torn else line
        if disk.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)
