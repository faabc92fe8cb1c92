"""The app in a real pseudo-terminal: however it ends, the terminal is as it was, and the run goes on."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 60.0  # seconds; a deadline for a machine that is busy
LEFT_ALTERNATE_SCREEN, SHOWN_CURSOR = b"\x1b[?1049l", b"\x1b[?25h"
RUN_APP = """
import sys
from pathlib import Path
from tui_trainer.config import resolve
from tui_trainer.tui import app, preferences
preferences.default_path = lambda: Path(sys.argv[1]) / "app.json"
def fail(self):
    raise RuntimeError("a fault that was put here on purpose")
if sys.argv[2:] == ["fault"]:
    app.TrainerApp.action_help = fail
sys.exit(app.run_app(resolve({}), Path(sys.argv[1]) / "runs"))
"""


class Terminal:
    """The app at the other end of a pseudo-terminal."""

    def __init__(self, folder: Path, *arguments: str, **environ: str) -> None:
        self._mine, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.modes = termios.tcgetattr(its)
        self._its = its
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN_APP, str(folder), *arguments],
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environ},
        )
        self.written = b""

    def read(self, wanted: bytes) -> bytes:
        """Read until something was written; everything so far."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.written:
            left = deadline - time.monotonic()
            assert left > 0, f"{wanted!r} never came: {self.written[-500:]!r}"
            if select.select([self._mine], [], [], left)[0]:
                self.written += os.read(self._mine, 65536)
        return self.written

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._mine, keys)

    def end(self) -> int:
        """Read what is left, and give the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None or select.select([self._mine], [], [], 0)[0]:
            assert time.monotonic() < deadline
            if select.select([self._mine], [], [], 0.05)[0]:
                self.written += os.read(self._mine, 65536)
        return self.process.wait()

    def restored(self) -> bool:
        """Whether the alternate screen is left, the cursor shown, and the modes are those of the beginning."""
        after = self.written
        same = termios.tcgetattr(self._its)[:4] == self.modes[:4]
        return LEFT_ALTERNATE_SCREEN in after and after.rfind(SHOWN_CURSOR) >= 0 and same

    def hang_up(self) -> None:
        """Close the terminal. It does not control the app, so the kernel sends no SIGHUP."""
        os.close(self._mine)
        os.close(self._its)
        self._mine = self._its = -1

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._mine >= 0:
            self.hang_up()


@contextmanager
def opened(folder: Path, *arguments: str, **environ: str) -> Generator[Terminal]:
    """The app, with its first picture drawn."""
    terminal = Terminal(folder, *arguments, **environ)
    try:
        yield terminal
    finally:
        terminal.close()


def test_q_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        terminal.read(b"Ready to train")
        terminal.press(b"q")
        assert terminal.end() == 0
        assert terminal.restored()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_restores_the_terminal_and_gives_its_exit_code(tmp_path: Path, number: signal.Signals) -> None:
    with opened(tmp_path) as terminal:
        terminal.read(b"Ready to train")
        terminal.process.send_signal(number)
        assert terminal.end() == 128 + number
        assert terminal.restored()


def test_a_crash_restores_the_terminal_and_names_the_file_that_tells_of_it(tmp_path: Path) -> None:
    with opened(tmp_path, "fault") as terminal:
        terminal.read(b"Ready to train")
        terminal.press(b"?")
        assert terminal.end() == 1
        assert terminal.restored()
        (report,) = (tmp_path / "runs").glob("app-crash-*.txt")
        assert "a fault that was put here on purpose" in report.read_text()
        assert report.name in terminal.written.replace(b"\r\n", b"").decode()
        assert b"Traceback" not in terminal.written


def test_a_dumb_terminal_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with opened(tmp_path, TERM="dumb") as terminal:
        assert terminal.end() == 2
        assert b"TERM=dumb" in terminal.written
        assert b"\x1b" not in terminal.written


def test_without_unicode_and_colour_only_ascii_and_no_colour_is_sent(tmp_path: Path) -> None:
    with opened(tmp_path, LC_ALL="C", NO_COLOR="1") as terminal:
        terminal.read(b"Ready to train")
        terminal.press(b"?")
        terminal.read(b"Everywhere")
        first, terminal.written = terminal.written, b""
        terminal.press(b"q")
        terminal.read(b"Ready to train")  # the help is closed
        terminal.press(b"q")
        assert terminal.end() == 0
        everything = first + terminal.written
        assert everything.isascii()
        assert b"[38;" not in everything
        assert b"[48;" not in everything


def test_a_terminal_that_is_closed_without_a_signal_ends_the_app(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        terminal.read(b"Ready to train")
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP
