"""A child at the other end of a pseudo-terminal that controls it, and what its bytes did to that terminal."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte
from children import ended, start
from terminal_work import in_terminal

PATIENCE = 60.0  # seconds; a deadline for a machine that is busy
SIZE = (40, 120)  # rows, columns
# Private modes that a terminal must not be left in: alternate screen, mouse, focus, bracketed paste, synchronized.
LEFT = {
    1049: "alternate screen",
    1000: "mouse",
    1002: "mouse",
    1003: "mouse",
    1006: "mouse",
    1015: "mouse",
    1004: "focus",
}
LEFT |= {2004: "bracketed paste", 2026: "synchronized output", 1: "application cursor keys"}
CURSOR = 25


class Terminal:
    """What a person sees of a program, and how the program leaves the terminal."""

    def __init__(self, work: Callable[..., Any], *arguments: Any) -> None:
        self._mine, its = pty.openpty()
        self._its = its
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        self._modes = termios.tcgetattr(its)
        self.bytes = b""  # all that was sent
        self._screen = pyte.Screen(SIZE[1], SIZE[0])
        self._stream = pyte.ByteStream(self._screen)
        self.child = start(in_terminal, os.ttyname(its), work, *arguments)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.child.kill()
        self.child.join()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed or a connection that is lost does."""
        for descriptor in (self._its, self._mine):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def see(self, words: str) -> None:
        """Wait until these words are on the screen."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.text:
            assert time.monotonic() < deadline, f"{words!r} never came:\n{self.text}"
            assert self.child.is_alive(), self.text
            self._read(0.2)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self._screen.display)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._mine, keys.encode())

    def send(self, number: int) -> None:
        """A signal to the program alone."""
        os.kill(self.child.pid or 0, number)

    def rest(self, seconds: float = 0.3) -> None:
        """Read until nothing has come for a while."""
        while select.select([self._mine], [], [], seconds)[0] and self.child.is_alive():
            self._read(0)

    def end(self) -> int:
        """Read until the program is gone; its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.child.is_alive() or select.select([self._mine], [], [], 0)[0]:
            assert time.monotonic() < deadline, self.text
            self._read(0.05)
        return ended(self.child)

    def _read(self, seconds: float) -> None:
        if select.select([self._mine], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                read = os.read(self._mine, 65536)
                self.bytes += read
                self._stream.feed(read)

    def left_behind(self) -> set[str]:
        """What the program should have put back and did not."""
        modes = {mode >> 5 for mode in self._screen.mode}
        found = {name for mode, name in LEFT.items() if mode in modes}
        if CURSOR not in modes:
            found.add("hidden cursor")
        if termios.tcgetattr(self._its)[:4] != self._modes[:4]:
            found.add("echo and line modes")
        return found


def report_of(folder: Path) -> list[Path]:
    """What a crash of the app left in a folder."""
    return sorted(folder.rglob("app-crash-*.txt"))
