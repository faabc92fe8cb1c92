"""A run from its start to its end: what is asked of it, how it can end, forks, and what it refuses to go on with."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import copy_of, events_of, final, new_run, newest, small_config, tree

from engines.scratch.learner import ScratchLearner
from tui_trainer.checkpoint import CheckpointError, is_finite
from tui_trainer.events import (
    CheckpointSaved,
    Continued,
    Ended,
    EpochMeasured,
    Event,
    NotFinite,
    Paused,
    RequestRefused,
    SettingChanged,
    Started,
    Warned,
)
from tui_trainer.exit_codes import DIVERGED
from tui_trainer.history import History
from tui_trainer.lines import to_line
from tui_trainer.run import config_command, create, fork_run, launch, prepare, replay_run, train_run
from tui_trainer.run.prepare import load_learner
from tui_trainer.settings import SettingError
from tui_trainer.storage import Disk
from tui_trainer.store import CheckpointStore, RunDirectory, SchemaError, find_run, overview, send_request
from tui_trainer.training import with_optimizer

ENGINES = ("scratch", "pytorch")
STEPS = 4  # in an epoch of the small run


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power goes while these tests run."""
    monkeypatch.setattr(Disk, "fsync", lambda self, descriptor: None)


@pytest.fixture
def run(small_mnist: Path, tmp_path: Path) -> RunDirectory:
    """A run of three epochs that has not begun."""
    return new_run(small_mnist, tmp_path / "runs")


def answering(run: RunDirectory, answers: list[tuple[str, dict[str, Any]]]) -> Callable[[Event, History], None]:
    """A person who answers each pause with the next request."""

    def watch(event: Event, history: History) -> None:
        if isinstance(event, Paused) and answers:
            action, arguments = answers.pop(0)
            send_request(run, action, **arguments)

    return watch


def at_epoch(run: RunDirectory, epoch: int, action: str, **arguments: Any) -> Callable[[Event, History], None]:
    """A person who asks for something when an epoch was measured."""

    def watch(event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured) and event.epoch == epoch:
            send_request(run, action, **arguments)

    return watch


# -- what is asked of it --------------------------------------------------------------------------------------------


def test_pause_and_step_by_batch_by_epoch_and_until_an_epoch(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path, epochs=6)
    send_request(run, "pause")
    answers = [
        ("continue", {"steps": 1}),
        ("continue", {"epochs": 1}),
        ("continue", {"until_epoch": 5}),
        ("continue", {}),
    ]
    outcome = train_run(run.path, watch=answering(run, answers))
    assert outcome.history.status == "done"
    first = STEPS  # the first slice is the first epoch
    assert [event.step for event in events_of(run, Paused)] == [first, first + 1, 2 * STEPS, 5 * STEPS]
    assert [event.until_step for event in events_of(run, Continued)] == [first + 1, 2 * STEPS, 5 * STEPS, 0]
    saved = {event.step for event in events_of(run, CheckpointSaved)}
    assert {event.step for event in events_of(run, Paused)} <= saved


def test_a_run_that_was_stepped_gives_the_same_bits(run: RunDirectory, tmp_path: Path) -> None:
    other = copy_of(run, tmp_path / "other")
    send_request(run, "pause")
    train_run(run.path, watch=answering(run, [("continue", {"steps": 1})] * 5 + [("continue", {})]))
    train_run(other.path)
    assert final(run) == final(other)


def test_each_request_is_answered_under_its_id(run: RunDirectory) -> None:
    ids = [send_request(run, "save"), send_request(run, "set", name="learning-rate", value=0.5)]
    ids += [send_request(run, "pause"), send_request(run, "continue")]
    train_run(run.path)
    said = [event.request for event in events_of(run) if getattr(event, "request", "")]
    assert said == ids


def test_a_changed_setting_is_in_force_recorded_and_saved_at_its_step(run: RunDirectory) -> None:
    watch = at_epoch(run, 2, "set", name="learning_rate", value=0.5)
    train_run(run.path, watch=watch)
    (changed,) = events_of(run, SettingChanged)
    assert (changed.name, changed.old, changed.new, changed.step, changed.epoch) == ("learning_rate", 0.01, 0.5, 8, 2)
    events = events_of(run)
    after = events[events.index(changed) + 1]
    assert isinstance(after, CheckpointSaved)
    assert after.step == changed.step
    rates = [json.loads(x)["learning_rate"] for x in run.metrics.read_text().splitlines() if "epoch-measured" in x]
    assert rates == [0.01, 0.01, 0.5]
    assert newest(run).about["settings"] == {"learning_rate": 0.5}
    assert replay_run(run).agrees


REFUSED = [
    ({"name": "batch_size", "value": 3}, "cannot change while the run trains"),
    ({"name": "learning_rate", "value": -1}, "must be above 0"),
    ({"name": "learning_rate", "value": "fast"}, "must be a number"),
    ({"name": "learning_rate", "value": None}, "wants a value"),
    ({"name": "dropout", "value": [1]}, "must be a number"),
    ({"name": "dropout", "value": 1}, "below 1"),
    ({"name": "epochs", "value": 1}, "must be above"),
    ({"name": "epochs", "value": 10**400}, "must be a whole number"),
    ({"name": "\x1b[2J", "value": 1}, "cannot change"),
    ({"value": 1}, "wants 'name'"),
    ({"name": "dropout"}, "wants 'value'"),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_what_cannot_be_is_refused_and_training_goes_on(arguments: dict, reason: str, run: RunDirectory) -> None:
    asked = send_request(run, "set", **arguments)
    assert train_run(run.path).code == 0
    (refused,) = events_of(run, RequestRefused)
    assert refused.request == asked
    assert reason in refused.reason
    assert newest(run).about["settings"] == {}


@pytest.mark.parametrize(
    "line",
    [
        *(
            b"garbage",
            b"[]",
            b"{}",
            b'{"id": [], "action": {}}',
            b'{"id": 1, "action": "explode"}',
            b"\xff\xfe",
            b"9" * 5000,
        ),
        *(b'{"id": 1, "action": "continue", "steps": 1e400}', b'{"id": 1, "action": "continue", "epochs": -5}'),
        *(b'{"id": 1, "action": "continue", "until_epoch": []}', b'{"id": 1, "action": "set", "name": [], "value": 1}'),
        b"[" * 100_000,
    ],
    ids=lambda line: repr(line[:40]),
)
def test_no_line_of_requests_ends_a_training(line: bytes, run: RunDirectory) -> None:
    run.requests.write_bytes(line + b"\n")
    send_request(run, "continue")
    assert train_run(run.path).code == 0


def test_what_was_asked_of_an_earlier_trainer_is_over(run: RunDirectory) -> None:
    train_run(run.path, watch=at_epoch(run, 1, "stop"))
    send_request(run, "stop")
    assert train_run(run.path).history.status == "done"


@pytest.mark.parametrize("save", [True, False])
def test_stop_with_and_without_saving(save: bool, run: RunDirectory) -> None:
    watch = at_epoch(run, 2, "stop", save=save)
    run_at = train_run(run.path, watch=watch)
    assert (run_at.code, run_at.history.status) == (0, "stopped")
    assert events_of(run, Ended)[-1].step == 2 * STEPS


def test_stop_without_saving_forgets_what_was_not_saved(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path, checkpoint_seconds=3600.0, learning_rate=0.5, epochs=30)

    def watch(event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured) and history.best_epoch != event.epoch:  # the best are always saved
            send_request(run, "stop", save=False)

    train_run(run.path, watch=watch)
    assert newest(run).about["step"] < events_of(run, Ended)[-1].step
    assert train_run(run.path).code == 0


# -- how it can end -------------------------------------------------------------------------------------------------


def test_a_run_that_diverges_says_at_which_step_and_what_is_left(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path, learning_rate=0.05, network="mlp", scale="none", epochs=4)
    watch = at_epoch(run, 2, "set", name="learning_rate", value=1e18)
    outcome = train_run(run.path, watch=watch)
    assert (outcome.code, outcome.history.status) == (3, "diverged")
    end = events_of(run, Ended)[-1]
    kept = CheckpointStore(run).names()[0]
    assert f"not finite at step {end.step}" in end.reason
    assert f"the last finite state is {kept}" in end.reason
    assert 2 * STEPS < end.step <= 4 * STEPS
    assert is_finite(newest(run).tensors)
    assert overview(run).state == "diverged"
    assert b"NaN" not in run.metrics.read_bytes() + run.summary.read_bytes()


def test_or_goes_on_when_the_setting_says_so(small_mnist: Path, tmp_path: Path) -> None:
    many = {"learning_rate": 1e18, "scale": "none", "network": "mlp", "on_divergence": "continue"}
    run = new_run(small_mnist, tmp_path, epochs=4, **many)
    outcome = train_run(run.path)
    assert (outcome.code, outcome.history.status) == (3, "diverged")
    assert outcome.history.epoch == 4
    assert len([event for event in events_of(run, Warned) if "going on" in event.message]) == 1
    assert is_finite(newest(run).tensors)
    assert newest(run).about["step"] == 0


def test_weights_that_are_not_finite_after_the_last_step_end_a_run_as_diverged(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of the last step is still finite, and so may be that of the validation."""
    real = ScratchLearner.state_dict

    def state_dict(learner: ScratchLearner) -> dict:
        state = real(learner)
        if int(state["optimizer.step"]) == 3 * STEPS:
            state["linear1.bias"][0] = -np.inf
        return state

    monkeypatch.setattr(ScratchLearner, "state_dict", state_dict)
    outcome = train_run(run.path)
    assert (outcome.code, outcome.history.status) == (3, "diverged")
    assert newest(run).about["step"] == 2 * STEPS


def test_a_printer_whose_terminal_is_gone_does_not_end_the_training(run: RunDirectory) -> None:
    def watch(event: Event, history: History) -> None:
        raise OSError(errno.EIO, "Input/output error")

    assert train_run(run.path, watch=watch).code == 0


ERRORS = [(MemoryError(), 71, "out of memory"), (OSError(5, "broken"), 74, "broken"), (RuntimeError("a\nb"), 1, "a b")]


@pytest.mark.parametrize(("error", "code", "reason"), ERRORS, ids=["memory", "disk", "bug"])
def test_whatever_goes_wrong_is_written_as_the_end(
    error: Exception, code: int, reason: str, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(learner: ScratchLearner, order: object, batch_size: int) -> None:
        raise error

    monkeypatch.setattr(ScratchLearner, "train", fail)
    outcome = train_run(run.path)
    assert outcome.code == code
    end = events_of(run, Ended)[-1]
    assert end.status == "failed"
    assert reason in end.reason
    assert "\n" not in end.reason
    monkeypatch.undo()
    assert train_run(run.path).code == 0


# -- what it refuses to go on with ----------------------------------------------------------------------------------


def test_other_data_is_refused_by_name_and_nothing_is_changed(small_mnist: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for file in small_mnist.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    run = new_run(folder, tmp_path / "runs")
    train_run(run.path, watch=at_epoch(run, 1, "stop"))
    labels = next(path for path in folder.iterdir() if "train-labels" in path.name)
    changed = bytearray(labels.read_bytes())
    changed[-1] = (changed[-1] + 1) % 10
    labels.write_bytes(changed)
    before = tree(run.checkpoints) | {"metrics": run.metrics.read_bytes()}
    outcome = train_run(run.path)
    assert outcome.code == 65
    assert labels.name in outcome.history.reason
    assert "SHA-256" in outcome.history.reason
    assert tree(run.checkpoints) | {"metrics": run.metrics.read_bytes()} == before


def test_a_run_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="is not a run"):
        train_run(tmp_path)
    assert not list(tmp_path.iterdir())


# -- its directory --------------------------------------------------------------------------------------------------


def test_a_renamed_directory_is_the_same_run(run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path, watch=at_epoch(run, 1, "stop"))
    renamed = RunDirectory(run.path.rename(tmp_path / "my favourite"))
    assert train_run(renamed.path).code == 0
    assert not list(renamed.path.rglob("corrupt-*"))
    assert events_of(renamed, Started)[-1].resumed_from == "step-000000004.safetensors"


def test_the_newest_two_the_best_and_those_asked_for_are_kept(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path, epochs=9, keep_every=4, learning_rate=0.5)
    train_run(run.path)
    best = newest(run).about["best"]["epoch"]
    kept = {int(name[5:14]) // STEPS for name in CheckpointStore(run).names()}
    assert kept == {0, 4, 8, 9, best}  # step 0 is a multiple of every number
    assert CheckpointStore(run).best_name() == f"step-{best * STEPS:09d}.safetensors"


def test_a_large_state_is_not_taken_for_a_bad_one(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within an epoch a checkpoint holds the weights twice."""
    monkeypatch.setattr(prepare, "SLACK", 1 << 14)
    big = {"network": "mlp", "hidden": "100", "train_examples": 640, "epochs": 1, "optimizer": "sgd"}
    run = new_run(small_mnist, tmp_path, **big)
    send_request(run, "stop")
    train_run(run.path)
    assert newest(run).about["step"] % 20 != 0
    assert (run.checkpoints / CheckpointStore(run).names()[0]).stat().st_size > 2 * 79_510 * 4
    assert train_run(run.path).code == 0
    assert not list(run.path.rglob("corrupt-*"))


# -- forks ----------------------------------------------------------------------------------------------------------


def test_a_fork_goes_on_from_its_parent_and_says_from_where(run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path)
    fork = fork_run(run, tmp_path / "runs", {"learning_rate": 0.5, "epochs": 5}, at_epoch=2)
    parent = fork.read()["parent"]
    assert parent == {"run": run.id, "checkpoint": "step-000000008.safetensors", "epoch": 2, "step": 8}
    assert train_run(fork.path).code == 0
    epochs = [json.loads(x)["epoch"] for x in fork.metrics.read_text().splitlines() if "epoch-measured" in x]
    assert epochs == [3, 4, 5]
    assert replay_run(fork).agrees
    assert overview(fork).parent == run.id


def test_a_fork_without_changes_gives_the_bits_of_its_parent(run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path)
    fork = fork_run(run, tmp_path / "runs", {}, at_epoch=2)
    train_run(fork.path)
    assert final(fork).tensors == final(run).tensors


def test_a_fork_may_change_engine_and_optimizer(run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path)
    fork = fork_run(run, tmp_path / "runs", {"optimizer": "adam", "epochs": 4, "dropout": 0.0})
    assert train_run(fork.path).code == 0
    assert not list(fork.path.rglob("corrupt-*"))
    assert "optimizer.linear1.weight.exp_avg" in newest(fork).tensors
    assert replay_run(fork).agrees


def test_what_a_fork_cannot_change_is_refused_by_name(run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path)
    for name, value in [("batch_size", 16), ("seed", 2), ("network", "softmax"), ("epochs", 3), ("shuffle", False)]:
        with pytest.raises(SettingError, match=name.replace("_", "-")):
            fork_run(run, tmp_path / "runs", {name: value})
    with pytest.raises(CheckpointError, match=r"no good checkpoint of epoch 1; there are those of 2, 3"):
        fork_run(run, tmp_path / "runs", {}, at_epoch=1)
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_a_fork_is_a_run_only_when_its_state_is_written(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_run(run.path)

    def fail(self: Disk, source: Path, target: Path) -> None:
        if target.suffix == ".safetensors":
            raise OSError(errno.ENOSPC, "No space left on device")
        Path(source).rename(target)

    monkeypatch.setattr(Disk, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        fork_run(run, tmp_path / "forks", {"epochs": 4})
    assert not list((tmp_path / "forks").glob("*/run.json"))


def test_a_fork_whose_state_is_gone_says_so(run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path)
    fork = fork_run(run, tmp_path / "runs", {"epochs": 4})
    for name in CheckpointStore(fork).names():
        (fork.checkpoints / name).unlink()
    outcome = train_run(fork.path)
    assert outcome.code == 65
    assert "a fork cannot begin again" in outcome.history.reason


# -- its process ----------------------------------------------------------------------------------------------------


def test_a_launched_trainer_is_a_session_of_its_own(run: RunDirectory) -> None:
    process = launch(run.path)
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()
    (started,) = events_of(run, Started)
    assert started.pid == process.pid
    assert events_of(run, Ended)[-1].status == "done"
    assert "Traceback" not in run.log.read_text()


def test_the_command_of_a_config_makes_that_config(small_mnist: Path) -> None:
    config = small_config(small_mnist, hidden="12,7", shuffle=False, title="it's [mine]")
    words = config_command(config)
    assert "--no-shuffle" in words
    assert "--hidden 12,7" in words
    assert "'it'\"'\"'s [mine]'" in words


def test_making_a_run_writes_nothing_when_it_cannot_be(small_mnist: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        create(small_config(small_mnist, batch_size=1000), tmp_path / "runs")
    assert not list(tmp_path.iterdir())


def test_a_fork_keeps_a_best_of_its_own(run: RunDirectory, tmp_path: Path) -> None:
    """Its parent's may be better than anything that it ever comes to; what is best in it is kept all the same."""
    train_run(run.path)
    fork = fork_run(run, tmp_path / "runs", {"learning_rate": 1e-9, "dropout": 0.9, "epochs": 8}, at_epoch=2)
    assert "best" in newest(fork).about
    assert newest(fork).about["best"] == {}
    assert train_run(fork.path).code == 0
    assert json.loads(fork.best.read_bytes())["epoch"] > 2


def test_a_fork_to_another_optimizer_replays_before_it_has_saved_a_state(run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path)
    assert replay_run(fork_run(run, tmp_path / "runs", {"optimizer": "adam", "epochs": 9})).agrees


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_optimizer_has_seen_nothing(engine: str, run: RunDirectory, tmp_path: Path) -> None:
    train_run(run.path)
    fork = fork_run(run, tmp_path / "runs", {"optimizer": "adam", "engine": engine, "epochs": 9})
    fresh = load_learner(fork).training.learner.state_dict()
    given = with_optimizer({}, fresh)
    assert given
    assert all(np.array_equal(array, fresh[name]) for name, array in given.items())


def test_a_nan_in_a_fork_to_another_optimizer_is_traced(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path / "runs", network="mlp", hidden=[8], dropout=0)
    train_run(run.path)
    fork = fork_run(run, tmp_path / "runs", {"optimizer": "adam", "learning_rate": 1e38, "epochs": 9})
    assert train_run(fork.path).code == DIVERGED
    assert not [event for event in events_of(fork, Warned) if "doctor" in event.message]
    (found,) = events_of(fork, NotFinite)
    assert found.epoch == 4
    assert found.layer.startswith(("linear", "relu"))


def test_the_last_step_of_an_epoch_belongs_to_that_epoch(small_mnist: Path, tmp_path: Path) -> None:
    changes = {"learning_rate": 1e30, "on_divergence": "continue", "optimizer": "sgd", "network": "mlp", "hidden": [8]}
    run = new_run(small_mnist, tmp_path / "runs", epochs=1, **changes)
    train_run(run.path)
    (found,) = events_of(run, NotFinite)
    assert (found.epoch, found.step <= 4) == (1, True)


def test_the_list_knows_what_stands_far_before_the_ends_of_long_files(run: RunDirectory) -> None:
    train_run(run.path)
    with run.events.open("ab") as events, run.metrics.open("ab") as metrics:
        events.write(to_line(SettingChanged("epochs", 3, 5000, 3, 12)))
        events.write(to_line(SettingChanged("learning_rate", 0.01, 0.5, 3, 12)))
        events.write(to_line(Warned("x" * 500)) * 200)
        metrics.write(to_line(EpochMeasured(4, 16, 2.0, 0.99, 2.0, 0.99, 0.01, 1.0)) * 400)
    row = overview(run)
    assert (row.epochs, row.learning_rate, row.state) == (5000, 0.5, "interrupted")
    assert row.best_validation_accuracy == 1 - json.loads(run.best.read_bytes())["error"]


def test_a_summary_of_an_earlier_trainer_is_not_believed(run: RunDirectory) -> None:
    train_run(run.path)
    stale = run.summary.read_bytes()
    assert train_run(run.path, epochs=5).code == 0
    run.summary.write_bytes(stale)
    row = overview(run)
    assert (row.state, row.epoch, row.epochs) == ("done", 5, 5)


@pytest.mark.parametrize(
    "changes", [{"train_examples": 33, "batch_size": 32, "partial_batch": True}, {"batch_size": 1}]
)
def test_a_batch_of_one_and_batch_norm_are_refused(changes: dict, small_mnist: Path, tmp_path: Path) -> None:
    layers = [{"kind": "flatten"}, {"kind": "batch-norm"}, {"kind": "linear", "outputs": 10}]
    with pytest.raises(SettingError, match="at least two examples"):
        new_run(small_mnist, tmp_path / "runs", network="custom", layers=layers, dropout=0, **changes)


def test_a_run_knows_its_name_wherever_one_stands(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(run.path)
    assert find_run(".", tmp_path).id == run.id
