"""Trains one config over several seeds: side by side where that can be, else one after another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.exit_codes import DIVERGED, DONE
from tui_trainer.reproduce.group import cannot_share
from tui_trainer.reproduce.runs import RunFolder, is_finished
from tui_trainer.reproduce.together import train_together
from tui_trainer.run import train_run
from tui_trainer.run.start import check_engine, check_network, describe
from tui_trainer.run.trainer import Watch
from tui_trainer.store import RunDirectory
from tui_trainer.store.directory import make_run


def train_seeds(configs: Sequence[RunConfig], folder: RunFolder, watch: Watch) -> int:
    """Bring the run of each config to its end, wherever it stands; 0, or the exit code of one that did not get there.

    Raises `SettingError`, `DataError`, `OSError` or `LockedError`.
    """
    if all((found := folder.find(config)) and is_finished(found) for config in configs):
        return 0
    loaded = data.load(configs[0])
    together = [config.seed for config in configs] if cannot_share(configs, loaded) is None else []
    new = [config for config in configs if folder.find(config) is None]
    for directory in make_runs(new, folder.path, together):
        folder.add(directory)
    return train_runs([folder.trained(config) for config in configs], loaded, bool(together), watch)


def train_runs(directories: Sequence[RunDirectory], loaded: data.Loaded, together: bool, watch: Watch) -> int:
    """Bring runs to their ends; 0, or the exit code of one that did not get there."""
    left = [directory for directory in directories if not is_finished(directory)]
    if together and len(left) > 1:
        codes = [outcome.code for outcome in train_together(left, loaded, watch)]
        return next((code for code in codes if code not in (DONE, DIVERGED)), 0)
    for directory in left:
        code = train_run(directory.path, watch=watch).code
        if code not in (DONE, DIVERGED):
            return code
    return 0


def make_runs(configs: Sequence[RunConfig], runs: Path, together: Sequence[int]) -> list[RunDirectory]:
    """New run directories of configs of one experiment.

    Their `run.json` name the seeds that are trained side by side, each itself included; none where they are not.
    """
    if not configs:
        return []
    check_engine(configs[0])
    surveyed = data.survey(configs[0])
    check_network(surveyed.config, surveyed.input_shape, surveyed.classes)
    own = [{name: getattr(config, name) for name in ("seed", "data_seed", "title")} for config in configs]
    described = [describe(replace(surveyed, config=surveyed.config.replace(**settings))) for settings in own]
    return [make_run(runs, about | {"together": list(together)}) for about in described]
