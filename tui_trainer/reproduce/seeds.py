"""Trains one config over several seeds."""

from collections.abc import Sequence
from pathlib import Path

from tui_trainer.config import RunConfig
from tui_trainer.reproduce.runs import RunFolder, is_finished
from tui_trainer.run import create, train_run
from tui_trainer.run.trainer import Watch
from tui_trainer.store import RunDirectory, RunReader


def train_seeds(configs: Sequence[RunConfig], folder: RunFolder, watch: Watch) -> int:
    """Bring the run of each config to its end, wherever it stands; the exit code of the first that did not get there.

    Raises what `create` and `train_run` raise.
    """
    for config in configs:
        directory = folder.find(config) or folder.add(create(config, folder.path))
        if not is_finished(RunReader(directory).read()) and (code := _train(directory.path, watch)):
            return code
    return 0


def _train(path: Path, watch: Watch) -> int:
    return train_run(path, watch=watch).code


def runs_of(configs: Sequence[RunConfig], folder: RunFolder) -> list[RunDirectory]:
    """The runs of configs that were trained."""
    return [found for config in configs if (found := folder.find(config))]
