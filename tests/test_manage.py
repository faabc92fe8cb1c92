"""The subcommands on runs, as a script meets them: one line, an exit code, and what they leave."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from small_runs import copy_of, events_of, final, new_run, newest

from tui_trainer.checkpoint import write_checkpoint
from tui_trainer.cli.main import main
from tui_trainer.events import EpochMeasured, Event, Paused, SettingChanged
from tui_trainer.history import History
from tui_trainer.run import train_run
from tui_trainer.storage import Disk
from tui_trainer.store import CheckpointStore, RequestReader, RunDirectory, RunLock, list_runs, send_request


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power goes while these tests run."""
    monkeypatch.setattr(Disk, "fsync", lambda self, descriptor: None)


@pytest.fixture(scope="module")
def finished(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A finished run; not to be changed."""
    run = new_run(small_mnist, tmp_path_factory.mktemp("done"), title="the first")
    assert train_run(run.path).code == 0
    return run


@pytest.fixture
def done(finished: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    """A finished run, the only one of its folder."""
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "runs"))
    return copy_of(finished, tmp_path / "runs" / finished.id)


ASKED = [
    (["pause"], ("pause", {})),
    (["continue"], ("continue", {})),
    (["continue", "--steps", "1"], ("continue", {"steps": 1})),
    (["continue", "--epochs", "2"], ("continue", {"epochs": 2})),
    (["continue", "--until-epoch", "9"], ("continue", {"until_epoch": 9})),
    (["stop"], ("stop", {"save": True})),
    (["stop", "--no-save"], ("stop", {"save": False})),
    (["set", "learning-rate", "0.1"], ("set", {"name": "learning-rate", "value": "0.1"})),
]


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a lock, but no trainer: no use to wait for it."""
    monkeypatch.setattr("tui_trainer.cli.manage.PATIENCE", 0.0)


@pytest.mark.usefixtures("nobody_answers")
@pytest.mark.parametrize(("words", "expected"), ASKED, ids=[" ".join(words) for words, _ in ASKED])
def test_a_request_reaches_a_living_trainer(words: list[str], expected: tuple[str, dict], done: RunDirectory) -> None:
    with RunLock(done):
        ear = RequestReader(done, from_end=True)
        assert main(words) == 0
        (heard,) = ear.poll()
    assert (heard.action, heard.arguments) == expected


@pytest.mark.parametrize("words", [words for words, _ in ASKED], ids=" ".join)
def test_a_dead_one_cannot_be_asked(words: list[str], done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "has no living trainer" in capsys.readouterr().err
    assert not done.requests.exists()


def test_a_finished_run_is_resumed_with_more_epochs(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", "--batch"]) == 2
    assert "--epochs MORE" in capsys.readouterr().err
    assert main(["resume", "--batch", "--epochs", "0"]) == 2
    assert main(["resume", "--batch", "--json", "--epochs", "2"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["status"], summary["epochs"], summary["epochs_asked"]) == ("done", 5, 5)
    assert [event.new for event in events_of(done, SettingChanged)] == [5]


def test_a_run_resumed_in_two_goes_is_the_run_in_one(done: RunDirectory, small_mnist: Path, tmp_path: Path) -> None:
    whole = new_run(small_mnist, tmp_path / "whole", epochs=6)
    train_run(whole.path)
    assert main(["resume", "--batch", "--epochs", "3"]) == 0
    assert final(done).tensors == final(whole).tensors
    assert final(done).metrics == final(whole).metrics


def test_a_run_that_is_trained_is_not_resumed(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    with RunLock(done):
        assert main(["resume", "--batch", "--epochs", "1"]) == 75
    assert capsys.readouterr().err == (
        f"tui-trainer: {done.id} is being trained by process {os.getpid()} on '{os.uname().nodename}'\n"
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["set", "lerning-rate", "3"], "lerning-rate"),
        (["set", "learning-rate", "abc"], "a number"),
        (["set", "seed", "3"], "cannot change"),
        (["set", "epochs", "1"], "must be above"),
        (["continue", "--until-epoch", "1"], "must be after"),
    ],
)
def test_what_a_trainer_refuses_is_said_where_it_was_asked(
    words: list[str],
    reason: str,
    small_mnist: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: Any,
) -> None:
    """The trainer is this process: the command is given when the run is paused, from a thread."""
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "runs"))
    run, codes = new_run(small_mnist, tmp_path / "runs", epochs=5), []

    def command() -> None:
        codes.append(main(words))
        codes.append(main(["stop"]))

    def watch(event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured) and event.epoch == 2:
            send_request(run, "pause")
        if isinstance(event, Paused):
            threading.Thread(target=command).start()

    assert train_run(run.path, watch=watch).history.status == "stopped"
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(30)
    assert codes == [2, 0]
    assert reason in capsys.readouterr().err


@pytest.mark.usefixtures("nobody_answers")
def test_a_trainer_that_does_not_answer_is_said_to_have_been_asked(
    done: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunLock(done):
        assert main(["pause"]) == 0
    assert "not answered yet" in capsys.readouterr().err


def test_show_says_how_a_fork_is_trained_again(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fork", "--at-epoch", "2", "--batch", "--epochs", "4"]) == 0
    fork = next(run for run in list_runs(done.path.parent) if run.id != done.id)
    capsys.readouterr()
    assert main(["show", fork.id]) == 0
    assert f"a fork of {done.id} at epoch 2: tui-trainer replay {fork.id} trains it again" in capsys.readouterr().out
    assert main(["resume", done.id, "--epochs", "2", "--batch"]) == 0
    capsys.readouterr()
    assert main(["show", done.id]) == 0
    assert "--epochs 5" in capsys.readouterr().out


def test_a_living_run_is_given_more_epochs(done: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_trainer.cli.manage.has_terminal", lambda: True)
    monkeypatch.setattr("tui_trainer.cli.manage._watch", lambda directory, folder: 0)
    with RunLock(done):
        ear = RequestReader(done, from_end=True)
        assert main(["resume", "--epochs", "4"]) == 0
        (heard,) = ear.poll()
    assert (heard.action, heard.arguments) == ("set", {"name": "epochs", "value": 7})


def test_a_fork_trains_on_with_other_settings(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fork", done.id, "--batch", "--json", "--at-epoch", "2", "--epochs", "4", "--learning-rate", "0.1"]
    assert main(words) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["epochs"], summary["learning_rate"]) == (4, 0.1)
    assert main(["runs", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["parent"] for row in rows} == {None, done.id}
    assert main(["fork", done.id, "--batch", "--at-epoch", "7"]) == 65
    assert "there are those of" in capsys.readouterr().err
    assert main(["fork", done.id, "--batch", "--seed", "7"]) == 2


def test_a_replay_says_whether_the_bits_agree(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay"]) == 0
    assert capsys.readouterr().out == f"{done.id}: replayed to step 12, the weights agree bit for bit\n"
    changed = newest(done)
    changed.tensors["linear1.bias"][0] += 1
    write_checkpoint(done.checkpoints / CheckpointStore(done).names()[0], changed)
    assert main(["replay", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["agrees"] is False


def test_runs_and_show_tell_the_same(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    line = capsys.readouterr().out
    assert line.startswith(f"{done.id}  done")
    assert "3/3 epochs" in line
    assert "the first" in line
    assert main(["show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert main(["runs", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["validation_accuracy"] == shown["accuracy"]["validation"]["final"]
    assert (row["state"], row["alive"]) == (shown["status"], False)


def test_no_terminal_no_app(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["attach"], ["resume", "--epochs", "1"], ["fork", "--epochs", "9"]):
        assert main(words) == 2
        assert "no terminal" in capsys.readouterr().err
    assert len(list(done.path.parent.iterdir())) == 1


def test_what_is_not_there_is_said(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["show", "nothing"], ["replay", "2"], ["pause", "x"], ["attach", "/"]):
        code = main(words)
        said = capsys.readouterr().err
        assert code in (2, 65) or words[1] == "2"
        assert said.count("\n") <= 1
    assert done.path.exists()
