"""Brings a run into memory: its data, its learner, and the newest checkpoint that is good."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engines import load_engine
from engines.interface import Dataset, Learner
from tui_trainer import data
from tui_trainer.checkpoint import Checkpoint, CheckpointError
from tui_trainer.data import DataError
from tui_trainer.events import CheckpointSetAside, SettingChanged
from tui_trainer.inspection import Inspector
from tui_trainer.lines import from_line
from tui_trainer.run.start import check_engine, environment
from tui_trainer.settings import SettingError
from tui_trainer.store import CheckpointStore, Recorder, RunDirectory
from tui_trainer.store.checkpoints import name_of
from tui_trainer.training import Training

SLACK = 1 << 24  # bytes that a checkpoint may have beside its arrays

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A training at step 0, its data, and notes on what is not as it was when the run was made."""

    training: Training
    splits: dict[str, Dataset]
    notes: list[str]


def load_learner(directory: RunDirectory) -> Prepared:
    """Bring the data and the learner of a run into memory.

    Raises `SettingError` for an engine or network that cannot be, `DataError` for data that is not the run's own.
    """
    about, config = directory.read(), directory.config()
    check_engine(config)
    loaded = data.load(config)
    try:
        learner = load_engine(config.engine).build(
            config.network_config,
            config.optimizer_config,
            splits=loaded.splits,
            seed=config.seed,
            device=config.device,
            threads=config.threads,
            steps=config.epochs * int(about["steps_per_epoch"]),
        )
    except ValueError as error:
        raise SettingError("network", str(error)) from None
    return prepare(directory, loaded, learner)


def prepare(
    directory: RunDirectory, loaded: data.Loaded, learner: Learner, make: Callable[..., Training] = Training
) -> Prepared:
    """The training of a run from its data and learner; `DataError` where the data are not the run's own."""
    about, config, splits = directory.read(), directory.config(), loaded.splits
    _check_data(about["data"], loaded)
    inspect = Inspector(config.network_config, splits["validation"]) if config.inspect else None
    training = make(config, learner, len(splits["training"]), inspect=inspect)
    return Prepared(training, splits, _differences(about, environment(config)))


def _check_data(recorded: list[dict[str, Any]], loaded: data.Loaded) -> None:
    if len(recorded) != len(loaded.files):
        raise DataError("run.json", f"names {len(recorded)} data files, not {len(loaded.files)}")
    for file, was in zip(loaded.files, recorded, strict=True):
        if file.sha256 != was.get("sha256"):
            raise DataError(file.name, "is not the file that this run began with: its SHA-256 differs")


def _differences(about: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """One line when the bits may come out otherwise than where the run was made."""
    before = {**about.get("versions", {}), "threads": about.get("threads"), "processor": about.get("cpu")}
    today = {**here["versions"], "threads": here["threads"], "processor": here["cpu"]}
    ignored = ("tui-trainer", "torch") if about["config"]["engine"] == "scratch" else ("tui-trainer",)
    changed = [f"{k} {before.get(k)} → {v}" for k, v in today.items() if before.get(k) != v and k not in ignored]
    return [f"may not be bit-exact: {', '.join(changed)}"] if changed else []


@dataclass
class Restored:
    """Which checkpoint a training goes on from, and what was found on the way to it."""

    name: str | None = None
    metrics_offset: int = 0
    set_aside: tuple[CheckpointSetAside, ...] = ()
    notes: list[str] = field(default_factory=list)


def restore(training: Training, directory: RunDirectory, store: CheckpointStore, recorder: Recorder) -> Restored:
    """Load the newest good checkpoint into a training and cut the metrics back to it; step 0 where there is none.

    `CheckpointError` where there is none and the run is a fork, which cannot begin again by itself, or where the
    newest good one is of another network: then nothing is changed.
    """

    run = directory.read()["id"]  # the directory's name can be changed

    def accept(checkpoint: Checkpoint) -> str | None:
        about = checkpoint.about
        if about.get("run") != run:
            return "it belongs to another run"
        if not isinstance(offset := about.get("metrics_offset"), int) or offset < 0:
            return "it does not say where its metrics end"
        try:
            training.restore(checkpoint)
        except CheckpointError as error:
            return str(error)
        except ValueError as error:
            raise CheckpointError(f"{name_of(about['step'])} does not fit the network of this run: {error}") from None
        return None

    found = store.find(accept, _largest(training, directory))
    restored = Restored(found.name, set_aside=found.set_aside)
    if found.checkpoint is not None:
        restored.metrics_offset = found.checkpoint.about["metrics_offset"]
    elif directory.read().get("parent"):
        raise CheckpointError(f"no good checkpoint is left of {directory.id}, and a fork cannot begin again")
    elif found.set_aside:
        restored.notes.append("no checkpoint was good: beginning again from step 0")
    if not recorder.cut_metrics(restored.metrics_offset):
        restored.notes.append("metrics.jsonl had lost its end: the curve has a gap")
    training.planned = changes_after(directory, training.progress.step)
    return restored


def _largest(training: Training, directory: RunDirectory) -> int:
    """How many bytes a checkpoint of this run can have: its state twice, and what was measured."""
    held = sum(array.nbytes for array in training.learner.state_dict().values())
    asked = [value for _, name, value in changes_after(directory, 0) if name == "epochs"]
    epochs = max(training.config.epochs, *map(int, asked), 1)
    return 2 * held + 24 * training.progress.steps_per_epoch + 8 * epochs + SLACK


def changes_after(directory: RunDirectory, step: int) -> list[tuple[int, str, Any]]:
    """The trail: changes of settings from `step` on, in the order of steps."""
    try:
        lines = directory.events.read_bytes().splitlines()
    except OSError:
        return []
    events = [event for line in lines if isinstance(event := from_line(line), SettingChanged)]
    return sorted(((e.step, e.name, e.new) for e in events if e.step >= step), key=lambda change: change[0])
