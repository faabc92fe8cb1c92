"""Finds the run of a config among those that are there, so that a stopped reproduction goes on where it was."""

import json
from pathlib import Path

from engines.interface import Array
from tui_trainer.checkpoint import read_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.history import History
from tui_trainer.store import CheckpointStore, RunDirectory, RunReader, SchemaError, list_runs


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
            key, history = _key(directory.config()), RunReader(directory).read()
        except SchemaError:
            return
        if not history.settings and (key not in self._by_config or history.status == "done"):
            self._by_config[key] = directory

    def find(self, config: RunConfig) -> RunDirectory | None:
        """The run of a config, finished if there is such a one."""
        return self._by_config.get(_key(config))

    def add(self, path: Path) -> RunDirectory:
        """Take note of a run that was made."""
        directory = RunDirectory(path)
        self._by_config[_key(directory.config())] = directory
        return directory


def _key(config: RunConfig) -> str:
    return json.dumps(config.to_mapping(), sort_keys=True)


def is_finished(history: History) -> bool:
    """Whether there is nothing left to train."""
    return history.status == "diverged" or (history.status == "done" and history.epoch >= history.epochs)


def newest_state(directory: RunDirectory) -> dict[str, Array]:
    """The learner's state in the newest checkpoint; `CheckpointError` when it is bad."""
    store = CheckpointStore(directory)
    tensors = read_checkpoint(store.path(store.names()[0])).tensors
    return {name: array for name, array in tensors.items() if not name.startswith("progress.")}
