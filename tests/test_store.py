"""The run directory: found by what a person types, listed by what kernel and files say, followed as it grows."""

import json
import os
import time
from pathlib import Path

import pytest
from small_runs import copy_of, new_run, tree

from tui_trainer.events import Ended, EpochMeasured, Event, Loading, Paused, SliceMeasured, Started
from tui_trainer.history import History
from tui_trainer.lines import from_line, to_line
from tui_trainer.run import train_run
from tui_trainer.storage import Disk
from tui_trainer.store import (
    LockedError,
    RequestReader,
    RunDirectory,
    RunLock,
    RunReader,
    SchemaError,
    find_run,
    is_alive,
    list_runs,
    overview,
    send_request,
    state,
)


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power goes while these tests run."""
    monkeypatch.setattr(Disk, "fsync", lambda self, descriptor: None)


@pytest.fixture(scope="module")
def done(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A finished run; not to be changed."""
    run = new_run(small_mnist, tmp_path_factory.mktemp("done"), title="the first")
    assert train_run(run.path).code == 0
    return run


@pytest.fixture
def runs(done: RunDirectory, tmp_path: Path) -> Path:
    """A folder with three runs, and with what is none."""
    for name in ("20261123-154211-aaaa", "20261123-154211-abbb", "20261124-000000-cccc"):
        copy_of(done, tmp_path / name)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "20261125-000000-dddd").mkdir()
    (tmp_path / "broken").symlink_to("nowhere")
    return tmp_path


# -- finding --------------------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_and_what_is_none_is_passed_over(runs: Path) -> None:
    assert [run.id[-4:] for run in list_runs(runs)] == ["cccc", "abbb", "aaaa"]
    assert list_runs(runs / "nothing") == []


def test_a_run_is_found_by_id_beginning_path_or_as_the_newest(runs: Path) -> None:
    assert find_run(None, runs).id[-4:] == "cccc"
    assert find_run("20261123-154211-aaaa", runs).id[-4:] == "aaaa"
    assert find_run("20261124", runs).id[-4:] == "cccc"
    assert find_run(str(runs / "20261123-154211-abbb"), Path("elsewhere")).id[-4:] == "abbb"


@pytest.mark.parametrize("text", ["2026112", "x", "\x00", "a" * 5000, "../..", "", "20261125-000000-dddd"])
def test_what_is_not_one_run_is_said_in_one_line(text: str, runs: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        find_run(text, runs)
    assert "\n" not in str(caught.value)


def test_no_runs_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="there are no runs"):
        find_run(None, tmp_path)


def test_a_title_can_be_changed_and_names_no_file(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    assert run.title() == "the first"
    run.rename("../../[/]\x1b")
    assert run.title() == "../../[/]\x1b"
    assert {path.name for path in tmp_path.iterdir()} == {"run"}
    run.label.write_text("{")
    assert run.title() == "the first"


# -- states ---------------------------------------------------------------------------------------------------------


def test_a_finished_run_is_told_from_its_summary_or_without_it(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    whole = overview(run)
    assert (whole.state, whole.alive, whole.epoch, whole.epochs, whole.title) == ("done", False, 3, 3, "the first")
    assert 0 < (whole.validation_accuracy or 0) <= (whole.best_validation_accuracy or 0) < 1
    run.summary.unlink()
    assert overview(run) == whole


@pytest.mark.parametrize("status", ["done", "stopped", "diverged", "failed", "interrupted"])
def test_how_it_ended_is_what_its_trainer_said_last(status: str, done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    say(run, Started(1, "host"), Ended(status, 3, 12, "x" * 10_000))
    run.summary.unlink()
    assert overview(run).state == status
    assert state(followed(run)) == status


def test_dead_without_an_end_is_interrupted_at_once(done: RunDirectory, tmp_path: Path) -> None:
    """However fresh its summary is: a trainer that began after it has not come to an end."""
    run = copy_of(done, tmp_path / "run")
    say(run, Started(1, "host", 3, 12, "step-000000012.safetensors"))
    os.utime(run.summary, (time.time() + 100, time.time() + 100))
    assert overview(run).state == "interrupted"
    assert state(followed(run)) == "interrupted"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([Loading("PyTorch")], "loading"),
        ([Loading("PyTorch"), Started(1, "host")], "training"),
        ([Started(1, "host"), Paused(1, 4)], "paused"),
    ],
)
def test_alive_is_what_the_kernel_says_and_its_state_what_the_trainer_said(
    events: list[Event], expected: str, done: RunDirectory, tmp_path: Path
) -> None:
    run = copy_of(done, tmp_path / "run")
    say(run, *events)
    with RunLock(run):
        assert is_alive(run)
        assert overview(run).state == expected
        assert state(followed(run)) == expected
    assert not is_alive(run)
    assert overview(run).state == "interrupted"


def say(run: RunDirectory, *events: Event) -> None:
    with run.events.open("ab") as file:
        file.writelines(map(to_line, events))


def followed(run: RunDirectory) -> RunReader:
    reader = RunReader(run)
    reader.history = History(run.config(), 4)
    for line in run.events.read_bytes().splitlines()[-3:]:
        event = from_line(line)
        assert event is not None
        reader.history.add(event)
    return reader


# -- the lock -------------------------------------------------------------------------------------------------------


def test_a_viewer_that_asks_does_not_keep_a_trainer_out(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    for _ in range(50):
        assert not is_alive(run)
        with RunLock(run):
            assert is_alive(run)


def test_who_holds_it_is_named_and_garbage_in_it_is_no_harm(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    with RunLock(run), pytest.raises(LockedError, match=f"process {os.getpid()} on"), RunLock(run):
        pass
    with RunLock(run):
        run.lock.write_bytes(b"\xff[")
        with pytest.raises(LockedError, match="another process"), RunLock(run):
            pass


# -- requests -------------------------------------------------------------------------------------------------------


def test_requests_are_heard_in_order_once(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    ear = RequestReader(run, from_end=False)
    assert ear.poll() == []
    ids = [send_request(run, "pause"), send_request(run, "set", name="dropout", value=0.5)]
    heard = ear.poll()
    assert [request.id for request in heard] == ids
    assert heard[1].arguments == {"name": "dropout", "value": 0.5}
    assert ear.poll() == []
    assert RequestReader(run, from_end=True).poll() == []


def test_an_unknown_action_is_not_sent(done: RunDirectory) -> None:
    before = tree(done.path)
    with pytest.raises(ValueError, match="choose from"):
        send_request(done, "explode")
    assert tree(done.path) == before


def test_requests_that_cannot_be_read_now_are_read_later(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    ear = RequestReader(run, from_end=False)
    send_request(run, "pause")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", lambda *arguments: (_ for _ in ()).throw(OSError(24, "Too many open files")))
        assert ear.poll() == []
    assert [request.action for request in ear.poll()] == ["pause"]


# -- following ------------------------------------------------------------------------------------------------------


def test_a_viewer_sees_what_is_appended(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    reader = RunReader(run)
    assert reader.poll()
    assert not reader.poll()
    with run.metrics.open("ab") as file:
        file.write(to_line(SliceMeasured(4, 13, 1.5, 0.5, 9.0, at=time.time())))
    assert reader.poll()
    assert (reader.history.step, reader.history.curves["slice_loss"].last) == (13, 1.5)


def test_a_live_run_and_a_finished_one_are_folded_alike(small_mnist: Path, tmp_path: Path) -> None:
    """A viewer that looks at each event sees in the end what one sees that comes later."""
    run = new_run(small_mnist, tmp_path)
    reader = RunReader(run)

    def look(event: Event, history: History) -> None:
        reader.poll()
        if isinstance(event, EpochMeasured):
            assert reader.history.epoch == event.epoch

    outcome = train_run(run.path, watch=look)
    reader.poll()
    later = RunReader(run).read()
    ours = json.dumps(later.summary(), sort_keys=True)
    assert json.dumps(reader.history.summary(), sort_keys=True) == ours
    assert json.dumps(outcome.history.summary(), sort_keys=True) == ours
    assert [mark.text for mark in reader.history.marks] == [mark.text for mark in later.marks]
