"""The app in a real pty: first frame, memory, answers to keys while a run trains, bytes drawn, cost to the training."""

import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from fcntl import ioctl
from itertools import chain
from pathlib import Path

ROUNDS = 7
KEYS = 100
FULL_SPEED = 1.25  # of the fastest pace seen: a shared machine is at times half as fast, whoever trains
# (what is done, the key, what is drawn then, the key that undoes it)
ANSWERS = (
    ("focus to the next control", b"\t", b"Write a checkpoint and end", b"\x1b[Z"),
    ("settings shown, both plots laid out anew", b"e", b"initial values", b"e"),
    ("a window opened", b"c", b"same as a command", b"\x1b"),
    ("another screen", b"2", b"newest values", b"1"),
)
EPOCHS = 240
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("tui-trainer")
Bare().run()
"""


class Terminal:
    """A program on a pty of 120×40, and what it draws."""

    def __init__(self, *command: str, runs: Path | None = None) -> None:
        self.descriptor, child = pty.openpty()
        ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        if runs is not None:
            environment["TUI_TRAINER_RUNS"] = str(runs)
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=child, stdout=child, stderr=child, start_new_session=True, env=environment
        )
        os.close(child)
        self.drawn = 0

    def read(self, seconds: float) -> bytes:
        """What is drawn next, or nothing when that takes longer than `seconds`."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return b""
        data = os.read(self.descriptor, 1 << 20)
        self.drawn += len(data)
        return data

    def wait_for(self, text: bytes, seconds: float = 30) -> float:
        """Seconds until `text` is drawn."""
        begun, seen = time.perf_counter(), b""
        while text not in seen:
            if time.perf_counter() - begun > seconds:
                raise TimeoutError(f"{text!r} was not drawn")
            seen = seen[-4096:] + self.read(0.5)
        return time.perf_counter() - begun

    def drain(self, seconds: float) -> None:
        """Read for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def type(self, text: bytes) -> None:
        """Press keys."""
        os.write(self.descriptor, text)

    def close(self) -> None:
        """End the program, hard."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.descriptor)


def app(runs: Path, *flags: str) -> Terminal:
    """The app of this checkout."""
    return Terminal(sys.executable, "-m", "tui_trainer", *flags, runs=runs)


def first_frames(runs: Path) -> tuple[float, float]:
    """Median seconds to the first frame: the app's, and a bare Textual app's, in turns."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_first_frame(app(runs), b"Ready to train"))
        bare.append(_first_frame(Terminal(sys.executable, "-c", BARE), b"tui-trainer"))
    return statistics.median(ours), statistics.median(bare)


def _first_frame(terminal: Terminal, text: bytes) -> float:
    terminal.wait_for(text)
    took = time.perf_counter() - terminal.begun
    terminal.close()
    return took


def memory(process: int) -> float:
    """Resident megabytes of a process; Linux."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@dataclass(frozen=True)
class Answer:
    """Seconds from a key to what it draws, and what a fixed piece of work took just before and after."""

    seconds: float
    pace: float


def while_training(runs: Path) -> tuple[float, float, dict[str, list[Answer]]]:
    """Bytes a second, megabytes, and answers to keys while a long run trains on the same machine."""
    terminal = app(runs, "--epochs", "100000")
    terminal.wait_for(b"Start")
    terminal.drain(1)
    terminal.type(b"s")
    terminal.wait_for(b"examples/s")
    terminal.drain(3)
    terminal.drawn, begun = 0, time.perf_counter()
    terminal.drain(10)
    rate = terminal.drawn / (time.perf_counter() - begun)
    size = memory(terminal.process.pid)
    answers = {words: answered(terminal, *keys) for words, *keys in ANSWERS}
    terminal.close()
    _stop_all(runs)
    return rate, size, answers


def answered(terminal: Terminal, key: bytes, drawn: bytes, undo: bytes) -> list[Answer]:
    """From a key to what it draws, many times."""
    if undo == key:
        terminal.type(undo)
    found = []
    for _ in range(KEYS):
        before = _pace()
        terminal.drain(0.3)
        terminal.type(key)
        seconds = terminal.wait_for(drawn, 5)
        terminal.drain(0.1)
        found.append(Answer(seconds, max(before, _pace())))
        terminal.type(undo)
    terminal.drain(0.5)
    return found


def _pace() -> float:
    begun = time.perf_counter()
    sum(len(str(number)) for number in range(20_000))
    return time.perf_counter() - begun


def print_answers(answers: dict[str, list[Answer]]) -> None:
    """Median and 95th of each kind: of all, and of those while the machine was at its full speed."""
    paces = sorted(answer.pace for found in answers.values() for answer in found)
    full = paces[0] * FULL_SPEED
    print(f"the machine's own pace between keys: {paces[-1] / paces[0]:.1f} times slower at the slowest")
    for words, found in {**answers, "all of them": list(chain(*answers.values()))}.items():
        print(f"key to picture while training, {words}: {_spread(found)}")
        print(f"    at full speed: {_spread([answer for answer in found if answer.pace <= full])}")


def _spread(found: list[Answer]) -> str:
    seconds = sorted(answer.seconds for answer in found)
    if not seconds:
        return "no keys"
    median, high = (seconds[int(len(seconds) * share)] * 1e3 for share in (0.5, 0.95))
    return f"median {median:.0f} ms, 95th {high:.0f} ms ({len(seconds)} keys)"


def _stop_all(runs: Path) -> None:
    for lock in runs.glob("*/.lock"):
        holder = json.loads(lock.read_text() or "{}")
        if "pid" in holder:
            try:
                os.kill(holder["pid"], signal.SIGKILL)
            except ProcessLookupError:
                continue


def seconds_trained(runs: Path, with_app: bool) -> float:
    """Wall seconds from the first to the last epoch of a run, by its own events."""
    flags = ["--epochs", str(EPOCHS), "--seed", "1"]
    if with_app:
        terminal = app(runs, *flags)
        terminal.wait_for(b"Start")
        terminal.type(b"s")
        while not (ended := _ended(runs)):
            terminal.drain(0.2)
        terminal.close()
    else:
        command = [sys.executable, "-m", "tui_trainer", "--batch", "--json", *flags, "--runs", str(runs)]
        subprocess.run(command, check=True, capture_output=True)
        ended = _ended(runs)
    return ended


def _ended(runs: Path) -> float:
    for directory in runs.glob("*"):
        if (directory / "summary.json").exists():
            at = [json.loads(line)["at"] for line in (directory / "metrics.jsonl").read_text().splitlines()]
            return at[-1] - at[0]
    return 0.0


def main() -> None:
    """Print the figures of the app."""
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = first_frames(Path(folder))
        print(f"first frame: {ours:.2f} s, a bare Textual app {bare:.2f} s, ratio {ours / bare:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        rate, size, answers = while_training(Path(folder))
    print(f"bytes to the terminal: {rate / 1024:.1f} KiB/s; memory {size:.0f} MB")
    print_answers(answers)
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(3):
        for with_app in (True, False):
            with tempfile.TemporaryDirectory() as folder:
                times[with_app].append(seconds_trained(Path(folder), with_app))
    medians = {key: statistics.median(values) for key, values in times.items()}
    print(
        f"{EPOCHS} epochs: {medians[True]:.1f} s with the app, {medians[False]:.1f} s with --batch,"
        f" ratio {medians[True] / medians[False]:.3f}"
    )


if __name__ == "__main__":
    main()
