"""The app is stopped, killed, hung up on, and breaks: the terminal is as it was, and the trainer goes on."""

import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from children import ended, start
from small_runs import copy_of, events_of, new_run
from terminal_work import attach, attach_and_fail, batch, trainer
from terminals import Terminal, report_of

from tui_trainer.events import Ended, Started
from tui_trainer.run import train_run
from tui_trainer.store import RunDirectory, is_alive, overview, send_request

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STATES = ("training", "paused")
SEEN = "Curves"  # a tab of the app


@pytest.fixture(scope="module")
def begun(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that would train for hours; not to be changed."""
    long = {"train_examples": 640, "epochs": 1_000_000, "checkpoint_seconds": 0.1}
    return new_run(small_mnist, tmp_path_factory.mktemp("begun"), **long)


@contextmanager
def trained(run: RunDirectory, state: str) -> Generator[int]:
    """A detached trainer of the run, in that state; its process."""
    if state == "paused":
        send_request(run, "pause")
    child = start(trainer, run.path)
    try:
        while overview(run).state != state:
            assert child.is_alive()
            time.sleep(0.01)
        yield child.pid or 0
    finally:
        child.kill()
        child.join()


def assert_goes_on(run: RunDirectory, state: str) -> None:
    """The trainer lives, does what it is asked, and the app comes back to it."""
    assert is_alive(run)
    assert overview(run).state == state
    with Terminal(attach, run.path) as again:
        again.see(SEEN)
        again.send(signal.SIGTERM)
        assert again.end() == 128 + signal.SIGTERM
    if state == "training":
        before = overview(run).epoch
        while overview(run).epoch == before:
            assert is_alive(run)
            time.sleep(0.01)
    assert [event.pid for event in events_of(run, Started)] == [event.pid for event in events_of(run, Started)][:1]


@pytest.mark.parametrize("state", STATES)
def test_a_signal_to_the_app_restores_the_terminal_and_leaves_the_trainer(
    state: str, begun: RunDirectory, tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    slowest = 0.0
    run = copy_of(begun, tmp_path / "run")
    with trained(run, state):
        for number in SIGNALS * soak(1, 20):
            with Terminal(attach, run.path) as terminal:
                terminal.see(SEEN)
                began = time.monotonic()
                terminal.send(number)
                assert terminal.end() == 128 + number
                slowest = max(slowest, time.monotonic() - began)
                assert terminal.left_behind() == set()
        assert_goes_on(run, state)
    print(f"the app, {state}: gone after at most {slowest:.2f} s")


@pytest.mark.parametrize("fault", ["closed", "killed", "broken panel"])
def test_the_trainer_goes_on_when_the_app_is(
    fault: str, begun: RunDirectory, tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    """Its terminal closed, itself killed, or an exception raised in a panel."""
    run = copy_of(begun, tmp_path / "run")
    with trained(run, "training"):
        for _ in range(soak(1, 10)):
            with Terminal(attach_and_fail if fault == "broken panel" else attach, run.path) as terminal:
                if fault == "broken panel":
                    assert terminal.end() == 1
                    assert terminal.left_behind() == set()
                    assert "the app crashed; what happened is in" in terminal.text
                    assert "put here on purpose" in report_of(tmp_path)[-1].read_text()
                    continue
                terminal.see(SEEN)
                if fault == "killed":
                    terminal.send(signal.SIGKILL)
                    assert ended(terminal.child) == -signal.SIGKILL
                else:
                    terminal.hang_up()
                    assert ended(terminal.child) == 128 + signal.SIGHUP
        assert_goes_on(run, "training")


def test_several_may_watch_at_once(begun: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(begun, tmp_path / "run")
    with trained(run, "paused"), Terminal(attach, run.path) as one, Terminal(attach, run.path) as other:
        one.see(SEEN)
        other.see(SEEN)
        one.send(signal.SIGTERM)
        assert one.end() == 128 + signal.SIGTERM
        other.see("paused")
        assert is_alive(run)


def test_a_lost_connection_lets_batch_save_and_leave(small_mnist: Path, tmp_path: Path) -> None:
    """Whatever it would still print goes nowhere, and that changes nothing."""
    run = new_run(small_mnist, tmp_path, train_examples=640, epochs=1_000_000)
    with Terminal(batch, run.path) as terminal:
        terminal.see("/1000000 loss")
        terminal.hang_up()
        assert ended(terminal.child) == 128 + signal.SIGHUP
    (end,) = events_of(run, Ended)
    assert (end.status, end.reason) == ("interrupted", "signal 1")
    assert overview(run).state == "interrupted"
    assert train_run(run.path, epochs=end.epoch + 1).code == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_batch_at_a_terminal_leaves_it_as_it_was(number: int, small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path, train_examples=640, epochs=1_000_000)
    with Terminal(batch, run.path) as terminal:
        terminal.see("/1000000 loss")
        terminal.send(number)
        assert terminal.end() == 128 + number
        assert terminal.left_behind() == set()


def test_control_c_at_a_terminal_ends_batch_once_saved(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path, train_examples=640, epochs=1_000_000)
    with Terminal(batch, run.path) as terminal:
        terminal.see("/1000000 loss")
        terminal.press("\x03")
        assert terminal.end() == 130
    assert events_of(run, Ended)[-1].status == "interrupted"
