"""The power goes after every call to the disk: what was said to be saved is there, and the run goes on."""

import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from faulty_disk import hooked, without_waiting
from power_loss import VARIANTS, PowerLoss, States, lay_out
from small_runs import copy_of, events_of, final, new_run, small_config, without_clock

from tui_trainer.checkpoint import CheckpointError, read_checkpoint
from tui_trainer.events import CheckpointSaved, EpochMeasured, Event, SettingChanged
from tui_trainer.history import History
from tui_trainer.run import create, replay_run, train_run
from tui_trainer.store import CheckpointStore, RunDirectory, list_runs, send_request


@pytest.fixture(scope="module")
def begun(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that has not begun; not to be changed."""
    return new_run(small_mnist, tmp_path_factory.mktemp("begun"))


def states_of(run: RunDirectory, watch: Callable[[Event, History], None]) -> States:
    """Every state that a power loss could leave of a run that trains to its end."""
    said: list[int] = []

    def note(event: Event, history: History) -> None:
        if isinstance(event, CheckpointSaved):
            said.append(event.step)
        watch(event, history)

    disk = PowerLoss(run.path)
    states = States(disk, lambda: said[-1] if said else None)
    with hooked(disk):
        assert train_run(run.path, watch=note).code == 0
    return states


def good_checkpoints(run: RunDirectory) -> list:
    """Those that can be read, newest first."""
    store, good = CheckpointStore(run), []
    for name in store.names():
        try:
            good.append(read_checkpoint(store.path(name)))
        except CheckpointError:
            continue
    return good


def assert_kept(run: RunDirectory, promised: int | None, where: str) -> None:
    """What was said to be saved is there: the state, its metrics, and the changes of settings that led to it."""
    if promised is None:
        return
    good = good_checkpoints(run)
    assert good, where
    assert good[0].about["step"] >= promised, where
    assert run.metrics.stat().st_size >= good[0].about["metrics_offset"], where
    trail = {event.name: event.new for event in events_of(run, SettingChanged) if event.step <= good[0].about["step"]}
    assert good[0].about["settings"].items() <= trail.items(), where


def assert_whole(run: RunDirectory, expected: list[tuple[str, int]]) -> None:
    """Every measurement once, and a trail that leads to the same bits."""
    lines = [without_clock(line) for line in run.metrics.read_bytes().splitlines()]
    assert [(line["kind"], line["step"]) for line in lines] == expected
    assert replay_run(run).agrees
    best = json.loads(run.best.read_bytes())["name"]
    assert (run.checkpoints / best).is_file()


def survives(begun: RunDirectory, tmp_path: Path) -> None:
    """The proof for a run without interventions: `AssertionError` where it fails."""
    run = copy_of(begun, tmp_path / "run")
    states = states_of(run, lambda event, history: None)
    expected = final(run)
    for where, state, promised in states.found:
        left = RunDirectory(lay_out(state, tmp_path / "left"))
        assert_kept(left, promised, where)
        with hooked(without_waiting):
            assert train_run(left.path).code == 0, where
        assert final(left) == expected, where


def survives_a_change(begun: RunDirectory, tmp_path: Path) -> None:
    """The same for a run whose learning rate is changed after its first epoch."""
    run = copy_of(begun, tmp_path / "run")

    def ask(event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured) and event.epoch == 1:
            send_request(run, "set", name="learning_rate", value=0.003)

    states = states_of(run, ask)
    lines = [without_clock(line) for line in run.metrics.read_bytes().splitlines()]
    for where, state, promised in states.found:
        left = RunDirectory(lay_out(state, tmp_path / "left"))
        assert_kept(left, promised, where)
        with hooked(without_waiting):
            assert train_run(left.path).code == 0, where
            assert_whole(left, [(line["kind"], line["step"]) for line in lines])


def is_made_whole(data: Path, tmp_path: Path) -> None:
    """A run that is being made is none, or a whole one; when `create` has returned, it is one."""
    tmp_path.mkdir(exist_ok=True)
    made: list[Path] = []
    disk = PowerLoss(tmp_path)
    states = States(disk, lambda: bool(made))
    runs = tmp_path / "some" / "runs"
    with hooked(disk):
        made.append(create(small_config(data), runs))
        (made[0] / "asked").mkdir()
        disk._mkdir(mock.Mock(path=made[0] / "asked"))
        states._look(mock.Mock(method="return", path=made[0]))
    for i, (where, state, promised) in enumerate(states.found):
        left = lay_out(state, tmp_path.with_name(f"{tmp_path.name}-left-{i}"))
        there = list_runs(left / "some" / "runs")
        assert len(there) == 1 or not promised, where
        for run in there:
            assert run.read()["id"] == made[0].name, where
            with hooked(without_waiting):
                assert train_run(run.path).code == 0, where


def test_nothing_that_was_saved_is_lost(begun: RunDirectory, tmp_path: Path) -> None:
    survives(begun, tmp_path)


def test_a_changed_setting_that_was_saved_is_in_the_trail(begun: RunDirectory, tmp_path: Path) -> None:
    survives_a_change(begun, tmp_path)


def test_a_run_is_made_whole_or_not_at_all(small_mnist: Path, tmp_path: Path) -> None:
    is_made_whole(small_mnist, tmp_path / "making")


def test_the_model_loses_what_it_should(tmp_path: Path) -> None:
    """A file that was renamed without an fsync is empty, or under its old name, or not there."""
    from tui_trainer.storage import disk as real

    root = tmp_path / "root"
    root.mkdir()
    (root / "old").write_bytes(b"old")
    disk = PowerLoss(root)
    with hooked(disk):
        descriptor = real.open(root / "new", 0o101)  # O_CREAT | O_WRONLY
        real.write(descriptor, b"brand new")
        real.replace(root / "new", root / "old")
        assert disk.left("nothing") == {Path("old"): b"old"}
        assert disk.left("names") == {Path("old"): b""}
        assert disk.left("half") == {Path("old"): b"brand"}
        real.fsync(descriptor)
        assert disk.left("names") == {Path("old"): b"brand new"}
        assert disk.left("nothing") == {Path("old"): b"old"}
        real.fsync(real.open(root, 0))
        assert all(disk.left(variant) == {Path("old"): b"brand new"} for variant in VARIANTS)
        real.unlink(root / "old")
        assert [len(disk.left(variant)) for variant in ("nothing", "names", "data", "removals")] == [1, 0, 1, 0]
