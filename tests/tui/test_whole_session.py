"""A whole session with the real program in a terminal of 80×24: from the first run to the last summary."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from small_runs import events_of, newest

from tui_trainer.events import Continued, Ended, EpochMeasured, Paused, SettingChanged, Started
from tui_trainer.lines import from_line
from tui_trainer.store import RunDirectory, is_alive, list_runs, overview
from tui_trainer.store.lock import holder

sys.path.append(str(Path(__file__).parents[1] / "faults"))  # what the terminals import lies there

from faults import terminals

PROGRAM = str(Path(sys.executable).with_name("tui-trainer"))
DOWN, RIGHT, ENTER = "\x1b[B", "\x1b[C", "\r"
FIRST = ("--title", "first", "--epochs", "2", "--train-examples", "640", "--validation-examples", "200")
SECOND = ("--title", "second", "--epochs", "1000000", "--train-examples", "3000", "--validation-examples", "1000")
SECOND += ("--checkpoint-seconds", "10000")  # so that only what the session asks for is saved
# training and validation accuracy, left, elapsed, examples per second, step
FIGURES = r"(?m)^ (\d+\.\d\d %) +(\d+\.\d\d %) +\S+ +\d+:\d\d +([\d,]+) +([\d,]+)"


class Session(terminals.Terminal):
    """The program at a terminal, with its own preferences, on its own folder of runs."""

    def __init__(self, runs: Path, *arguments: str) -> None:
        environ = {**os.environ, "XDG_CONFIG_HOME": str(runs.parent), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        super().__init__(os.execve, PROGRAM, ["tui-trainer", *arguments, "--runs", str(runs)], environ)

    def __enter__(self) -> "Session":
        return self

    def until(self, happened: Callable[[], object]) -> None:
        """Read until the screen, or the disk, is as it should be."""
        deadline = time.monotonic() + terminals.PATIENCE
        while not happened():
            assert time.monotonic() < deadline, self.text
            assert self.child.is_alive(), self.text
            self._read(0.05)

    def find(self, pattern: str) -> list[str]:
        """What a pattern's groups match on the screen; empty where it does not match."""
        found = re.search(pattern, self.text)
        return [] if found is None else list(found.groups())

    @property
    def epoch(self) -> int:
        """The epoch that Train shows, 0 where it shows none."""
        return int("".join(self.find(r"epoch ([\d,]+) of 1,000,000")).replace(",", "") or 0)

    def trains_on(self) -> None:
        """Wait until some more epochs are done."""
        before = self.epoch
        self.see("● training")
        self.until(lambda: self.epoch > before + 2)


def processes_of(runs: Path) -> list[int]:
    """The processes whose command names the folder; a dead one that nobody buried has no command."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(runs).encode() in command.read_bytes():
                found.append(int(command.parent.name))
    return found


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of runs, of which no trainer outlives a test that fails."""
    monkeypatch.setattr(terminals, "SIZE", (24, 80))
    yield tmp_path / "runs"
    for pid in processes_of(tmp_path / "runs"):
        os.kill(pid, signal.SIGKILL)


def test_a_whole_session(runs: Path) -> None:
    first = first_run(runs)
    with Session(runs, "--engine", "scratch", *SECOND) as session:
        run = starts_and_trains(session, runs)
        pauses_and_goes_on(session, run)
        changes_the_learning_rate(session, run)
        sees_two_curves(session, first)
        leaves_it_training(session, run)
    comes_back_and_stops(runs, run)
    assert processes_of(runs) == []


def first_run(runs: Path) -> RunDirectory:
    """A short run to compare with, without the app."""
    with Session(runs, "--batch", "--engine", "scratch", *FIRST) as session:
        assert session.end() == 0, session.text
    (first,) = list_runs(runs)
    assert overview(first).state == "done"
    return first


def starts_and_trains(session: Session, runs: Path) -> RunDirectory:
    """`s`; epochs, speed and accuracies are on the screen, and move."""
    session.see("Ready to train")
    session.see("3,000 training, 1,000")
    session.press("s")
    session.trains_on()
    session.until(lambda: session.find(FIGURES))
    (run,) = [run for run in list_runs(runs) if overview(run).title == "second"]
    return run


def pauses_and_goes_on(session: Session, run: RunDirectory) -> None:
    """`space`, twice."""
    session.press(" ")
    session.see("● paused")
    session.see("space Continue")
    (paused,) = events_of(run, Paused)
    assert newest(run).about["step"] == paused.step
    session.until(lambda: session.epoch == paused.epoch + 1)
    session.press(" ")
    session.trains_on()
    (went_on,) = events_of(run, Continued)
    assert went_on.step == paused.step


def changes_the_learning_rate(session: Session, run: RunDirectory) -> None:
    """The settings, the second field that is not locked: a step to the right, then a number that is typed."""
    session.press("e")
    session.see("›dropout")
    session.press(DOWN)
    session.see("›learning rate   ‹ 0.01 ›")
    session.press(RIGHT)
    session.see("‹ 0.02 ›")
    session.press("0")
    session.see("Enter keeps what is typed")
    session.press(".005" + ENTER)
    session.see("›learning rate   ‹ 0.005 ›")
    session.until(lambda: overview(run).learning_rate == 0.005)
    changed = [(change.name, change.old, change.new) for change in events_of(run, SettingChanged)]
    assert changed == [("learning_rate", 0.01, 0.02), ("learning_rate", 0.02, 0.005)]
    session.press("e")
    session.until(lambda: "initial values" not in session.text)


def sees_two_curves(session: Session, first: RunDirectory) -> None:
    """From Runs, the other run is laid beside the one that trains; both are in the legend, with their losses."""
    session.press("3")
    session.see("2 runs in")
    session.press(DOWN)
    session.see(f"{first.id} 'first'")
    session.press("v")
    session.see("validation loss")
    session.until(lambda: legend(session, "first") and legend(session, "second"))
    last = [from_line(line) for line in first.metrics.read_bytes().splitlines() if b"validation_loss" in line][-1]
    assert isinstance(last, EpochMeasured)
    assert legend(session, "first") == pytest.approx([last.training_loss, last.validation_loss], abs=1e-4)
    session.until(lambda: [] < legend(session, "second") < legend(session, "first"))


def legend(session: Session, name: str) -> list[float]:
    """The training and the validation loss beside a run's name; empty while there are none."""
    return [
        float(loss) for loss in session.find(rf"(?m)^.. {name}  .* (\d+\.\d+) +(\d+\.\d+) +(?:\d+:\d\d|\d\.\d\d s) ")
    ]


def leaves_it_training(session: Session, run: RunDirectory) -> None:
    """`q`, and what is offered first."""
    session.press("q")
    session.see("What shall become of it?")
    assert session.left_behind() >= {"alternate screen", "mouse", "hidden cursor", "echo and line modes"}
    session.press(ENTER)
    assert session.end() == 0, session.text
    assert session.left_behind() == set()
    assert "The run goes on: tui-trainer attach" in session.text
    assert is_alive(run)
    (started,) = events_of(run, Started)
    assert f"process {started.pid} " in holder(run)


def comes_back_and_stops(runs: Path, run: RunDirectory) -> None:
    """`attach` in another terminal, `x`, the summary, `q`, which asks nothing now."""
    with Session(runs, "attach") as session:
        session.trains_on()
        session.press("x")
        session.see("Stopped")
        session.see("best epoch")
        (ended,) = events_of(run, Ended)
        session.see(f"step-{ended.step:09}.safetensors")
        session.until(lambda: processes_of(runs) == [session.child.pid])  # the trainer leaves once its end is written
        assert not is_alive(run)
        session.press("q")
        assert session.end() == 0, session.text
        assert session.left_behind() == set()
    assert (ended.status, overview(run).state) == ("stopped", "stopped")
    assert newest(run).about["step"] == ended.step
