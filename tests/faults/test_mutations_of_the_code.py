"""Take out any one fsync, replace or check of the code that keeps runs, and a proof fails: none of them is idle.

Each mutant is one statement of one function, replaced in memory; the proofs are in `proofs.py`.
"""
# ruff: noqa: E501 - the table reads best with one mutant on each line

import inspect
import textwrap
import types
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import proofs
import pytest
from faulty_disk import hooked, without_waiting
from proofs import World
from small_runs import copy_of, new_run

from tui_trainer import checkpoint, progress, storage, training
from tui_trainer.run import prepare, saving, train_run
from tui_trainer.store import RunDirectory, checkpoints, directory, lock, removal, writer

PROVED_ELSEWHERE = (proofs.power, proofs.power_and_change, proofs.power_while_made)  # in test_power_loss.py


@pytest.fixture(scope="module")
def finished(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDirectory, RunDirectory]:
    room = tmp_path_factory.mktemp("world")
    begun = new_run(small_mnist, room / "runs", epochs=2)
    done = copy_of(begun, room / "done")
    with hooked(without_waiting):
        train_run(done.path)
    return begun, done


@pytest.fixture
def world(small_mnist: Path, finished: tuple[RunDirectory, RunDirectory], tmp_path: Path) -> World:
    return World(small_mnist, *finished, tmp_path)


@dataclass(frozen=True)
class Mutant:
    """One statement of a function, what stands there instead, and the proof that has to fail."""

    function: types.FunctionType
    statement: str
    instead: str
    proof: types.FunctionType

    @property
    def id(self) -> str:
        return f"{self.function.__qualname__}: {' '.join(self.statement.split())[:60]}"


MUTANTS = [
    Mutant(storage.publish, "disk.fsync(descriptor)", "pass", proofs.power),
    Mutant(storage.publish, "disk.replace(temporary, path)", "pass", proofs.power),
    Mutant(storage.publish, "sync_directory(path.parent)", "pass", proofs.power),
    Mutant(storage.sync_directory, "disk.fsync(descriptor)", "pass", proofs.power),
    Mutant(storage.make_directory, "sync_directory(path.parent)", "pass", proofs.power_while_made),
    Mutant(storage.make_folder, "make_directory(folder)", "disk.mkdir(folder)", proofs.power_while_made),
    Mutant(storage.Appender.__init__, "sync_directory(path.parent)", "pass", proofs.power),
    Mutant(storage.Appender.sync, "disk.fsync(self._descriptor)", "pass", proofs.power),
    Mutant(writer.Recorder.sync, "self._metrics.sync()", "pass", proofs.power),
    Mutant(writer.Recorder.sync, "self._events.sync()", "pass", proofs.power_and_change),
    Mutant(saving.Saving.publish, "self._recorder.sync()", "self._recorder._metrics.size", proofs.power),
    Mutant(checkpoints.CheckpointStore._set_aside, "disk.replace(self.path(name), self.path(renamed))", "pass", proofs.set_aside),
    Mutant(checkpoints.CheckpointStore._set_aside, "not self.path(new).exists()", "True", proofs.set_aside),
    Mutant(checkpoints.CheckpointStore.tidy, "old != name and ", "", proofs.best_is_kept),
    Mutant(checkpoints.CheckpointStore.tidy, "disk.unlink(self.path(old))", "pass", proofs.best_is_kept),
    Mutant(checkpoints.CheckpointStore.tidy, 'write_json(self._directory.best, {"name": name, **best})', "pass", proofs.best_is_kept),
    Mutant(checkpoint.read_checkpoint, 'if _digest(tensors, str(metadata["about"])) != metadata["sha256"]:', "if False:", proofs.flipped_bit),
    Mutant(checkpoint.read_checkpoint, 'if not isinstance(metadata, dict) or not {"about", "sha256"} <= metadata.keys():', "if False:", proofs.foreign_file),
    Mutant(checkpoint._read, "if not stat.S_ISREG(info.st_mode):", "if False:", proofs.no_plain_file),
    Mutant(checkpoint._read, "if not 8 <= info.st_size <= limit:", "if False:", proofs.huge_file),
    Mutant(checkpoint._header, "if length > min(LARGEST_HEADER, len(data) - 8):", "if False:", proofs.long_header),
    Mutant(checkpoint._table, "if not isinstance(table, dict):", "if False:", proofs.header_of_another_kind),
    Mutant(checkpoints.CheckpointStore._try, 'if checkpoint.about.get("step") != step_of(name):', "if False:", proofs.of_another_step),
    Mutant(prepare.restore, 'if about.get("run") != run:', "if False:", proofs.of_another_run),
    Mutant(prepare.restore, 'if not isinstance(offset := about.get("metrics_offset"), int) or offset < 0:', "if False:", proofs.without_offset),
    Mutant(prepare.restore, "raise CheckpointError(f\"{name_of(about['step'])} does not fit the network of this run: {error}\") from None", 'return "it does not fit"', proofs.of_another_network),
    Mutant(training.Training.restore, "if (there := checkpoint.about.get(\"steps_per_epoch\", here)) != here:", "if False:", proofs.of_other_batches),
    Mutant(training.Training.restore, "self._check_settings(progress.settings)", "pass", proofs.impossible_settings),
    Mutant(progress.Progress._filled, "if not 0 <= valid < self.steps_per_epoch or any(part.shape != (valid,) for part in parts.values()):", "if False:", proofs.impossible_progress),
    Mutant(prepare._check_data, 'if file.sha256 != was.get("sha256"):', "if False:", proofs.other_data),
    Mutant(prepare._check_data, "if len(recorded) != len(loaded.files):", "if False:", proofs.fewer_data),
    Mutant(directory.RunDirectory.read, "if major > SCHEMA[0]:", "if False:", proofs.newer_schema),
    Mutant(directory.RunDirectory.read, "if odd := [", "if False and [", proofs.misshapen_run),
    Mutant(storage.Appender.append, "if disk.write(self._descriptor, data) != len(data):", "if disk.write(self._descriptor, data) < 0:", proofs.short_write),
    Mutant(storage.Appender._mend, "disk.truncate(self._descriptor, self.size)", "pass", proofs.short_write),
    Mutant(storage.Appender.__init__, "self._torn = self.size !=", "self._torn = None is", proofs.torn_end),
    Mutant(storage.write_all, "if written == 0:", "if False:", proofs.no_room),
    Mutant(writer.Recorder.cut_metrics, "self._metrics.cut(size)", "pass", proofs.longer_metrics),
    Mutant(training.Training.checkpoint, "if not is_finite(tensors):", "if False:", proofs.not_finite),
    Mutant(training.Training._watch, "if len(bad):", "if False:", proofs.loss_not_finite),
    Mutant(removal.delete_run, "sync_directory(runs)", "pass", proofs.deleted),
    Mutant(lock.RunLock._acquire, "return fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)", "return", proofs.two_trainers),
]  # fmt: skip


@contextmanager
def mutated(mutant: Mutant) -> Generator[None]:
    """Within it, the function has the other statement."""
    function = mutant.function
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(mutant.statement) == 1, f"{mutant.id} stands {source.count(mutant.statement)} times"
    changed = compile(source.replace(mutant.statement, mutant.instead), function.__code__.co_filename, "exec")
    code = next(c for c in changed.co_consts if isinstance(c, types.CodeType) and c.co_name == function.__name__)
    before, function.__code__ = function.__code__, code
    try:
        yield
    finally:
        function.__code__ = before


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_a_proof_fails_without(mutant: Mutant, world: World) -> None:
    failed = False
    with mutated(mutant):
        try:
            mutant.proof(world)
        except (Exception, pytest.fail.Exception):
            failed = True
    assert failed


@pytest.mark.parametrize(
    "proof",
    sorted({m.proof for m in MUTANTS}.difference(PROVED_ELSEWHERE), key=lambda p: p.__name__),
    ids=lambda p: p.__name__,
)
def test_the_proofs_hold_for_the_code_as_it_is(proof: Callable[[World], None], world: World) -> None:
    proof(world)


def test_every_fsync_and_replace_is_among_the_mutants() -> None:
    """A new one needs a mutant of its own."""
    package = Path(storage.__file__).parent
    for word in ("disk.fsync(", "disk.replace(", "sync_directory("):
        found = [
            p.name
            for p in package.rglob("*.py")
            for line in p.read_text().splitlines()
            if word in line and "def " not in line
        ]
        known = [m for m in MUTANTS if word in m.statement]
        assert len(found) == len(known), (word, found)
