"""Who trains a run: a lock that the kernel frees when its holder dies, so that "alive" is never guessed."""

import fcntl
import json
import os
import socket
import time

from tui_trainer.storage import disk
from tui_trainer.store.directory import RunDirectory


class LockedError(RuntimeError):
    """Another trainer holds the run; names its process and host."""


class RunLock:
    """Held by a trainer from before its first write to its last. Windows would need msvcrt.locking here."""

    # A viewer that asks "alive?" holds a shared lock for microseconds; a trainer must not mistake it for a rival.
    PATIENCE = 0.3  # seconds

    def __init__(self, directory: RunDirectory) -> None:
        self._descriptor = disk.open(directory.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
        try:
            self._acquire(directory)
        except BaseException:
            os.close(self._descriptor)
            raise
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)

    def _acquire(self, directory: RunDirectory) -> None:
        deadline = time.monotonic() + self.PATIENCE
        while True:
            try:
                return fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LockedError(f"{directory.id} is being trained by {holder(directory)}") from None
                time.sleep(0.01)

    def release(self) -> None:
        """Let others train."""
        os.close(self._descriptor)

    def __enter__(self) -> "RunLock":
        return self

    def __exit__(self, *unused: object) -> None:
        self.release()


def holder(directory: RunDirectory) -> str:
    """The process and host that wrote themselves into the lock last."""
    try:
        about = json.loads(directory.lock.read_bytes())
        return f"process {int(about['pid'])} on {str(about['host'])!r}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "another process"


def is_alive(directory: RunDirectory) -> bool:
    """Whether a trainer holds the run now."""
    try:
        descriptor = os.open(directory.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
