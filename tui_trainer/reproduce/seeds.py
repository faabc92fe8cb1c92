"""Trains one config over several seeds: side by side where that can be, else one after another."""

from collections.abc import Sequence
from pathlib import Path

from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.reproduce.group import cannot_share
from tui_trainer.reproduce.runs import RunFolder, is_finished
from tui_trainer.reproduce.together import train_together
from tui_trainer.run import train_run
from tui_trainer.run.outcome import DIVERGED, DONE
from tui_trainer.run.start import check_engine, check_network, describe
from tui_trainer.run.trainer import Watch
from tui_trainer.store import RunDirectory
from tui_trainer.store.directory import make_run


def train_seeds(configs: Sequence[RunConfig], folder: RunFolder, watch: Watch) -> int:
    """Bring the run of each config to its end, wherever it stands; 0, or the exit code of one that did not get there.

    Raises `SettingError`, `DataError`, `OSError` or `LockedError`.
    """
    loaded = data.load(configs[0])
    together = [config.seed for config in configs] if cannot_share(configs, loaded) is None else []
    directories = [folder.find(config) or folder.add(_make(config, folder.path, together)) for config in configs]
    left = [directory for directory in directories if not is_finished(directory)]
    if together and len(left) > 1:
        codes = [outcome.code for outcome in train_together(left, loaded, watch)]
        return next((code for code in codes if code not in (DONE, DIVERGED)), 0)
    for directory in left:
        code = train_run(directory.path, watch=watch).code
        if code not in (DONE, DIVERGED):
            return code
    return 0


def _make(config: RunConfig, runs: Path, together: Sequence[int]) -> RunDirectory:
    """A new run directory; its `run.json` names the seeds that are trained side by side with it, itself included."""
    check_engine(config)
    surveyed = data.survey(config)
    check_network(config, surveyed.input_shape, surveyed.classes)
    return make_run(runs, describe(surveyed) | {"together": list(together)})
