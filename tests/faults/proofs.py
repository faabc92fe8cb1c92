"""Proofs that a promise on saving and resuming holds: each raises where it is broken, for whatever reason."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from faulty_disk import counted, hooked, without_waiting
from small_runs import copy_of, final, newest, tree
from test_power_loss import is_made_whole, survives, survives_a_change

from engines.interface import Metrics
from tui_trainer import checkpoint, storage, training
from tui_trainer.checkpoint import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from tui_trainer.data import DataError
from tui_trainer.run import prepare, train_run
from tui_trainer.store import CheckpointStore, LockedError, RunDirectory, RunLock, SchemaError
from tui_trainer.store.checkpoints import name_of
from tui_trainer.store.removal import delete_run


@dataclass(frozen=True)
class World:
    """What a proof works with: data, a run that has not begun, one that is done, and room."""

    data: Path
    begun: RunDirectory
    done: RunDirectory
    room: Path

    def copy(self) -> RunDirectory:
        """The finished run, to be changed."""
        shutil.rmtree(self.room / "copy", ignore_errors=True)
        return copy_of(self.done, self.room / "copy")


def power(world: World) -> None:
    survives(world.begun, world.room)


def power_and_change(world: World) -> None:
    survives_a_change(world.begun, world.room)


def power_while_made(world: World) -> None:
    is_made_whole(world.data, world.room / "making")


def refused(path: Path, limit: int = 1 << 20) -> None:
    with pytest.raises(CheckpointError):
        read_checkpoint(path, limit)


def flipped_bit(world: World) -> None:
    path = world.room / "flipped"
    write_checkpoint(path, newest(world.done))
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    refused(path)


def foreign_file(world: World) -> None:
    path = world.room / "foreign"
    path.write_bytes(checkpoint.save_tensors({"a": np.zeros(2)}, {"format": "pt"}))
    refused(path)


def huge_file(world: World) -> None:
    path = world.room / "huge"
    write_checkpoint(path, newest(world.done))
    refused(path, 1000)


def no_plain_file(world: World) -> None:
    with pytest.raises(CheckpointError, match="plain"):
        read_checkpoint(world.room)


def long_header(world: World) -> None:
    path = world.room / "long"
    path.write_bytes((1 << 62).to_bytes(8, "little") + b"{}")
    with pytest.raises(CheckpointError, match="longer"):
        read_checkpoint(path)


def header_of_another_kind(world: World) -> None:
    path = world.room / "list"
    path.write_bytes((2).to_bytes(8, "little") + b"[]")
    refused(path)


def change_newest(run: RunDirectory, /, **changes: object) -> str:
    """Write the newest checkpoint again, with another description and a right SHA-256."""
    kept = newest(run)
    name = CheckpointStore(run).names()[0]
    write_checkpoint(run.checkpoints / name, Checkpoint(kept.tensors, {**kept.about, **changes}))
    return name


def goes_on_without(world: World, **changes: object) -> None:
    """A newest checkpoint that cannot be right is set aside, and the run comes to the same end."""
    run = world.copy()
    name = change_newest(run, **changes)
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert (run.checkpoints / f"corrupt-{name}").is_file()
    assert final(run) == final(world.done)


def of_another_run(world: World) -> None:
    goes_on_without(world, run="another")


def of_another_step(world: World) -> None:
    """The older state under the newer one's name."""
    run = world.copy()
    new, old = CheckpointStore(run).names()[:2]
    shutil.copyfile(run.checkpoints / old, run.checkpoints / new)
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert (run.checkpoints / f"corrupt-{new}").is_file()
    assert final(run) == final(world.done)


def without_offset(world: World) -> None:
    goes_on_without(world, metrics_offset=-1)


def impossible_settings(world: World) -> None:
    goes_on_without(world, settings={"learning_rate": -1.0})


def impossible_progress(world: World) -> None:
    run = world.copy()
    kept = newest(run)
    tensors = dict(kept.tensors) | {"progress.validation_losses": np.zeros(1)}
    tensors |= {f"progress.{name}": np.ones(1) for name in ("losses", "wrong", "examples")}
    write_checkpoint(run.checkpoints / CheckpointStore(run).names()[0], Checkpoint(tensors, kept.about))
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert final(run) == final(world.done)


def of_another_network(world: World) -> None:
    run = world.copy()
    kept = newest(run)
    tensors = {name: array for name, array in kept.tensors.items() if name != "linear1.bias"}
    write_checkpoint(run.checkpoints / CheckpointStore(run).names()[0], Checkpoint(tensors, kept.about))
    before = tree(run.checkpoints)
    with hooked(without_waiting):
        assert train_run(run.path).code == 65
    assert tree(run.checkpoints) == before


def of_other_batches(world: World) -> None:
    run = world.copy()
    change_newest(run, steps_per_epoch=5)
    with hooked(without_waiting):
        assert train_run(run.path).code == 65


def other_data(world: World) -> None:
    run = world.copy()
    about = run.about.read_text().replace(run.read()["data"][0]["sha256"], "0" * 64)
    run.about.write_text(about)
    with pytest.raises(DataError), hooked(without_waiting):
        prepare.load_learner(run)


def fewer_data(world: World) -> None:
    run = world.copy()
    with pytest.raises(DataError):
        prepare._check_data(run.read()["data"][:1], prepare.data.load(run.config()))


def newer_schema(world: World) -> None:
    run = world.copy()
    run.about.write_text(run.about.read_text().replace('"schema": [\n    1', '"schema": [\n    2'))
    with pytest.raises(SchemaError, match="newer"):
        run.read()


def misshapen_run(world: World) -> None:
    run = world.copy()
    run.about.write_text(run.about.read_text().replace('"steps_per_epoch": 4', '"steps_per_epoch": "4"'))
    with pytest.raises(SchemaError):
        run.read()


def short_write(world: World) -> None:
    """A line that does not fit leaves no half of itself, and is not counted."""
    path = world.room / "lines"
    appender = storage.Appender(path)
    appender.append(b"whole\n")
    with (
        pytest.raises(OSError, match="space"),
        hooked(_half),
    ):
        appender.append(b"does not fit\n")
    assert path.read_bytes() == b"whole\n"
    appender.append(b"next\n")
    assert path.read_bytes() == b"whole\nnext\n"
    assert appender.size == 11


def _half(call, do: Callable[[], int]) -> int:
    if call.method != "write":
        return do()
    descriptor, data = call.arguments
    return storage.os.write(descriptor, data[: len(data) // 2])


def torn_end(world: World) -> None:
    """Half a line that a crash left does not swallow the next one."""
    path = world.room / "torn"
    path.write_bytes(b"whole\nhalf a li")
    storage.Appender(path).append(b"next\n")
    assert path.read_bytes() == b"whole\nnext\n"


def no_room(world: World) -> None:
    """A disk that takes nothing more ends in an error, not in an endless loop."""
    tries: list[int] = []

    def nothing(call, do: Callable[[], int]) -> int:
        if call.method != "write":
            return do()
        tries.append(call.number)
        assert len(tries) < 10
        return 0

    with pytest.raises(OSError, match="space"), hooked(nothing):
        storage.publish(world.room / "file", [b"contents"])


def longer_metrics(world: World) -> None:
    """Lines behind the checkpoint are cut off."""
    run = world.copy()
    run.metrics.write_bytes(run.metrics.read_bytes() + run.metrics.read_bytes().splitlines(keepends=True)[0])
    with hooked(without_waiting):
        train_run(run.path)
    assert final(run) == final(world.done)


def not_finite(world: World) -> None:
    learner = mock.Mock(state_dict=lambda: {"weight": np.array([np.nan])})
    made = training.Training(world.done.config(), learner, 128)
    assert made.checkpoint({}) is None
    assert made.diverged_at == 0


def loss_not_finite(world: World) -> None:
    made = training.Training(world.done.config(), mock.Mock(), 128)
    made._watch(Metrics(np.array([1.0, np.inf]), np.zeros(2), np.ones(2)), 10)
    assert made.diverged_at == 12


def two_trainers(world: World) -> None:
    run = world.copy()
    with RunLock(run), pytest.raises(LockedError), RunLock(run):
        pass


def set_aside(world: World) -> None:
    """A bad checkpoint is renamed, under a name that is free."""
    run = world.copy()
    name = CheckpointStore(run).names()[0]
    for taken in ("bad", "worse"):
        (run.checkpoints / name).write_text(taken)
        CheckpointStore(run).find(lambda found: None)
    assert (run.checkpoints / f"corrupt-{name}").read_text() == "bad"
    assert (run.checkpoints / f"corrupt-2-{name}").read_text() == "worse"


def best_is_kept(world: World) -> None:
    """Of many states the newest two stay, and the best, which is named also when its name was never written."""
    run = world.copy()
    run.best.unlink()
    for step in (4, 8, 12, 16, 20):
        (run.checkpoints / name_of(step)).write_text("a state")
    CheckpointStore(run).tidy({"best": {"epoch": 2, "step": 8}}, lambda step: False)
    assert CheckpointStore(run).best_name() == name_of(8)
    assert CheckpointStore(run).names() == [name_of(step) for step in (20, 16, 8)]


def deleted(world: World) -> None:
    """That a run is gone lasts."""
    run = world.copy()
    last = counted(lambda: delete_run(run, world.room))[-1]
    assert (last.method, last.path) == ("fsync", world.room)
