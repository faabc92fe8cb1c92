"""Branch a run from a checkpoint with changed settings, and train a run again from its trail."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.interface import Array
from tui_trainer.checkpoint import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.run.prepare import changes_after, load_learner
from tui_trainer.run.start import create
from tui_trainer.settings import SettingError
from tui_trainer.store import CheckpointStore, RunDirectory
from tui_trainer.store.checkpoints import step_of

# What a checkpoint's arrays and its place in the data depend on: a fork keeps them.
KEPT_BY_A_FORK = (
    *("network", "hidden", "layers", "batch_size", "partial_batch", "train_examples", "data", "seed", "data_seed"),
    *("shuffle", "scale", "validation_examples"),
)


def fork_run(
    parent: RunDirectory, runs: Path, changes: Mapping[str, Any], *, at_epoch: int | None = None
) -> RunDirectory:
    """A new run that goes on from a checkpoint of `parent`; `SettingError`, `CheckpointError` or `OSError`."""
    name, checkpoint = _checkpoint_at(parent, at_epoch)
    config = parent.config().replace(**{**checkpoint.about["settings"], **changes})
    _check_fork(parent.config(), config)
    if config.epochs <= int(checkpoint.about["epoch"]):
        raise SettingError("epochs", f"must be above {checkpoint.about['epoch']}, where the fork begins")
    about = {"run": parent.id, "checkpoint": name, "epoch": checkpoint.about["epoch"], "step": checkpoint.about["step"]}
    tensors = dict(checkpoint.tensors)
    if config.optimizer != parent.config().optimizer:
        tensors = {key: array for key, array in tensors.items() if not key.startswith("optimizer.")}

    def begin(made: RunDirectory) -> None:
        begun = {**checkpoint.about, "run": made.id, "metrics_offset": 0, "settings": {}, "best": {}}
        write_checkpoint(made.checkpoints / name, Checkpoint(tensors, begun))

    return RunDirectory(create(config, runs, about, begin))


def config_at(parent: RunDirectory, at_epoch: int | None = None) -> RunConfig:
    """The settings with which a fork without changes goes on from a checkpoint; `CheckpointError` or `OSError`."""
    return parent.config().replace(**_checkpoint_at(parent, at_epoch)[1].about["settings"])


def _checkpoint_at(parent: RunDirectory, epoch: int | None) -> tuple[str, Checkpoint]:
    """The checkpoint of the end of an epoch, or the newest good one."""
    store = CheckpointStore(parent)
    per_epoch = int(parent.read()["steps_per_epoch"])
    names = [n for n in store.names() if epoch is None or step_of(n) == epoch * per_epoch]
    for name in names:
        try:
            return name, read_checkpoint(store.path(name))
        except CheckpointError:
            continue
    kept = sorted({(step_of(n) or 0) // per_epoch for n in store.names() if not (step_of(n) or 0) % per_epoch})
    where = "" if epoch is None else f" of epoch {epoch}; there are those of {', '.join(map(str, kept)) or 'none'}"
    raise CheckpointError(f"{parent.id} has no good checkpoint{where}")


def _check_fork(parent: RunConfig, config: RunConfig) -> None:
    for name in KEPT_BY_A_FORK:
        if getattr(parent, name) != getattr(config, name):
            raise SettingError(name, f"a fork keeps that of its parent, {getattr(parent, name)!r}")


@dataclass(frozen=True)
class Replay:
    """Whether a run trained again from its config and trail ended in the same bits."""

    run: str
    step: int
    agrees: bool
    recorded: str  # SHA-256 over the network's and optimizer's arrays
    replayed: str

    @property
    def sentence(self) -> str:
        """The result in one line."""
        verdict = "agree bit for bit" if self.agrees else "differ"
        return f"{self.run}: replayed to step {self.step}, the weights {verdict}"


def replay_run(directory: RunDirectory) -> Replay:
    """Train a run again, in memory, up to its newest checkpoint, and compare; writes nothing."""
    _, recorded = _checkpoint_at(directory, None)
    training = load_learner(directory).training
    begin = 0
    if directory.read().get("parent"):
        first = _oldest(directory)
        training.restore(first)
        begin = training.progress.step
    training.planned = changes_after(directory, begin)
    last = int(recorded.about["step"])
    training.stop_at = last
    if training.progress.step < last:
        for _ in training.slices():
            if training.progress.step >= last:
                break
    training.make_due_changes()
    replayed = training.learner.state_dict()
    # The first state of a fork to another optimizer has no arrays of that yet.
    names = [name for name in replayed if name in recorded.tensors]
    before, after = _hash(recorded.tensors, names), _hash(replayed, names)
    return Replay(directory.id, last, before == after, before, after)


def _oldest(directory: RunDirectory) -> Checkpoint:
    """Where a fork began; it keeps that checkpoint."""
    store = CheckpointStore(directory)
    name = str(directory.read()["parent"]["checkpoint"])
    if name not in store.names():
        raise CheckpointError(f"{directory.id} is a fork, and the checkpoint that it began from is gone")
    return read_checkpoint(store.path(name))


def _hash(tensors: Mapping[str, Array], names: Iterable[str]) -> str:
    sha = hashlib.sha256()
    for name in sorted(names):
        sha.update(name.encode() + tensors[name].tobytes())
    return sha.hexdigest()
