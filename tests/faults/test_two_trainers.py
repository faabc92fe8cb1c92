"""Fifty trainers begin on one run at the same instant: one trains it, the others leave with 75 and touch nothing."""

import os
import re
import socket
from pathlib import Path

from child_work import take_part
from children import Flag, ended, start
from small_runs import events_of, new_run, tree

from tui_trainer.events import Ended, Started
from tui_trainer.run import train_run
from tui_trainer.store import RunLock, is_alive, send_request

RIVALS = 50


def test_one_of_fifty_trains_and_the_others_name_it(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path / "runs", epochs=2)
    send_request(run, "pause")  # so that the winner is there until all others have left
    go = Flag()
    said = [tmp_path / f"{i}.txt" for i in range(RIVALS)]
    children = [start(take_part, run.path, said[i], go) for i in range(RIVALS)]
    go.set()
    while sum(child.exitcode is None for child in children) > 1:
        next(child for child in children if child.exitcode is None).join(0.05)
    assert is_alive(run)
    winner = next(child for child in children if child.exitcode is None)
    refused = [(child, text) for child, text in zip(children, said, strict=True) if child is not winner]
    line = rf"{run.id} is being trained by process {winner.pid} on '{re.escape(socket.gethostname())}'\n([\d.]+)\n"
    slowest = 0.0
    for child, text in refused:
        assert child.exitcode == 75
        match = re.fullmatch(line, text.read_text())
        assert match, text.read_text()
        slowest = max(slowest, float(match[1]))
    print(f"{len(refused)} refused, each in at most {slowest:.2f} s")
    send_request(run, "continue")
    assert ended(winner) == 0
    assert [event.pid for event in events_of(run, Started)] == [winner.pid]
    assert [event.status for event in events_of(run, Ended)] == ["done"]


def test_who_is_refused_changes_nothing(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path / "runs", epochs=2)
    assert train_run(run.path).code == 0
    with RunLock(run):
        before, times = tree(run.path), {file: file.stat().st_mtime_ns for file in run.path.rglob("*")}
        go = Flag()
        go.set()
        assert ended(start(take_part, run.path, tmp_path / "said.txt", go)) == 75
        assert tree(run.path) == before
        assert {file: file.stat().st_mtime_ns for file in run.path.rglob("*")} == times
        assert f"process {os.getpid()} on" in (tmp_path / "said.txt").read_text()


def test_a_lock_is_free_when_its_holder_is_killed(small_mnist: Path, tmp_path: Path) -> None:
    """The kernel knows who lives: no file says so, and none has to be removed."""
    run = new_run(small_mnist, tmp_path / "runs", epochs=2)
    send_request(run, "pause")
    go = Flag()
    go.set()
    child = start(take_part, run.path, tmp_path / "said.txt", go)
    while not is_alive(run):
        child.join(0.01)
        assert child.exitcode is None
    child.kill()
    assert ended(child) == -9
    assert not is_alive(run)
    send_request(run, "continue")  # in case that it was killed before it heard the first request
    assert train_run(run.path).code == 0
