"""SIGINT, SIGTERM and SIGHUP to `--batch` and to the trainer, in whatever they are doing: saved, and 128 + n."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child_work import ENTRIES, FIRST_EPOCH, PHASES, enter, enter_on_a_full_disk
from children import Flag, ended, start
from small_runs import Final, copy_of, events_of, final, new_run, newest

from tui_trainer.events import Ended, Started
from tui_trainer.run import train_run
from tui_trainer.store import CheckpointStore, RunDirectory, is_alive, send_request

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENGINES = ("scratch", "pytorch")


@pytest.fixture(scope="module", params=ENGINES)
def begun(request: pytest.FixtureRequest, small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that has not begun; not to be changed."""
    runs = tmp_path_factory.mktemp("begun")
    return new_run(small_mnist, runs, engine=request.param, train_examples=640, epochs=3, optimizer="adam")


@pytest.fixture(scope="module")
def reference(begun: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> Final:
    """What the run comes to when it is left alone."""
    run = copy_of(begun, tmp_path_factory.mktemp("reference") / "run")
    assert train_run(run.path).code == 0
    return final(run)


def interrupted(run: RunDirectory, entry: str, phase: str, *numbers: int, waits: bool = True) -> tuple[int, float]:
    """Send signals in a phase; the exit code, and the seconds until the process was gone."""
    reached, go = Flag(), Flag()
    if phase == "paused":
        send_request(run, "pause")
    child = start(enter, entry, run.path, phase, reached, go)
    assert reached.wait(60)
    began = time.monotonic()
    for number in numbers:
        os.kill(child.pid or 0, number)
    if waits:
        go.set()
    return ended(child), time.monotonic() - began


def assert_left_well(run: RunDirectory, phase: str, number: int) -> None:
    last = events_of(run)[-1]
    assert isinstance(last, Ended)
    assert (last.status, last.reason) == ("interrupted", f"signal {int(number)}")
    assert not is_alive(run)
    if phase == "loading":
        assert not events_of(run, Started)
    else:
        assert newest(run).about["step"] == last.step
        assert last.step > 0


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_a_signal_saves_and_says_so(
    entry: str, phase: str, begun: RunDirectory, reference: Final, tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    slowest = 0.0
    for number in SIGNALS:
        for i in range(soak(3, 10)):
            run = copy_of(begun, tmp_path / f"{number}-{i}" / "run")
            code, seconds = interrupted(run, entry, phase, number)
            slowest = max(slowest, seconds)
            assert code == 128 + number, (run.path.parent / "printed.txt").read_text()
            assert_left_well(run, phase, number)
            assert "Traceback" not in (run.path.parent / "printed.txt").read_text()
    assert train_run(run.path).code == 0
    assert final(run) == reference
    print(f"{entry}, {phase}: gone after at most {slowest:.2f} s")


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_second_signal_waits_for_the_save(entry: str, begun: RunDirectory, reference: Final, tmp_path: Path) -> None:
    run = copy_of(begun, tmp_path / "run")
    code, _ = interrupted(run, entry, "saving", signal.SIGTERM, signal.SIGINT)
    assert code in (128 + signal.SIGTERM, 128 + signal.SIGINT)  # the kernel chooses which comes first
    assert newest(run).about["step"] == events_of(run, Ended)[-1].step == FIRST_EPOCH
    assert train_run(run.path).code == 0
    assert final(run) == reference


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_third_leaves_at_once_and_corrupts_nothing(
    entry: str, begun: RunDirectory, reference: Final, tmp_path: Path
) -> None:
    run = copy_of(begun, tmp_path / "run")
    code, _ = interrupted(run, entry, "saving", *SIGNALS, waits=False)
    assert code in {128 + number for number in SIGNALS}
    assert CheckpointStore(run).names() == ["step-000000000.safetensors"]
    assert newest(run).about["step"] == 0
    assert train_run(run.path).code == 0
    assert final(run) == reference
    assert not list(run.path.rglob("*.tmp"))


def test_a_signal_that_cannot_be_saved_exits_74(begun: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(begun, tmp_path / "run")
    reached, go = Flag(), Flag()
    child = start(enter_on_a_full_disk, run.path, reached, go)
    assert reached.wait(60)
    os.kill(child.pid or 0, signal.SIGTERM)
    go.set()
    assert ended(child) == 74
    assert events_of(run, Ended)[-1].reason == "signal 15; the last state could not be saved"
