"""Finds the run of a config among those that are there, so that a stopped reproduction goes on where it was."""

import json
from pathlib import Path

from engines.interface import Array
from tui_trainer.checkpoint import CheckpointError, read_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.store import CheckpointStore, RunDirectory, SchemaError, list_runs, overview


class RunFolder:
    """The runs under one folder, by their configs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._by_config: dict[str, RunDirectory] = {}
        for directory in list_runs(path):
            self._take(directory)

    def _take(self, directory: RunDirectory) -> None:
        """Index a run, unless somebody changed its settings while it trained: then it is of no experiment."""
        try:
            key = _key(directory.config())
        except SchemaError:
            return
        if not was_changed(directory) and (key not in self._by_config or is_finished(directory)):
            self._by_config[key] = directory

    def find(self, config: RunConfig) -> RunDirectory | None:
        """The run of a config, finished if there is such a one."""
        return self._by_config.get(_key(config))

    def trained(self, config: RunConfig) -> RunDirectory:
        """The run of a config that was trained; `KeyError` where it was not."""
        return self._by_config[_key(config)]

    def add(self, directory: RunDirectory) -> RunDirectory:
        """Take note of a run that was made."""
        self._by_config[_key(directory.config())] = directory
        return directory


def _key(config: RunConfig) -> str:
    return json.dumps(config.to_mapping(), sort_keys=True)


def was_changed(directory: RunDirectory) -> bool:
    """Whether a setting was changed while the run trained."""
    try:
        return b'"setting-changed"' in directory.events.read_bytes()
    except OSError:
        return False


def is_finished(directory: RunDirectory) -> bool:
    """Whether there is nothing left to train."""
    found = overview(directory)
    return found.state == "diverged" or (found.state == "done" and found.epoch >= found.epochs)


def newest_state(directory: RunDirectory) -> dict[str, Array]:
    """The learner's state in the newest checkpoint; `CheckpointError` when there is none or it is bad."""
    store = CheckpointStore(directory)
    if not (names := store.names()):
        raise CheckpointError(f"{directory.id} has no checkpoint")
    tensors = read_checkpoint(store.path(names[0])).tensors
    return {name: array for name, array in tensors.items() if not name.startswith("progress.")}
