"""Trains all parts of a plan, then measures them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engines.interface import Dataset
from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.reproduce.assignment import Experiment
from tui_trainer.reproduce.conclusions import comparisons
from tui_trainer.reproduce.crosscheck import CrossCheck, cross_check
from tui_trainer.reproduce.measured import ALL_ALIVE, Row, SeedResult, output_units
from tui_trainer.reproduce.plan import Part, Plan
from tui_trainer.reproduce.progress import Progress
from tui_trainer.reproduce.runs import RunFolder
from tui_trainer.reproduce.seeds import train_seeds
from tui_trainer.store import RunDirectory, RunLock, RunReader, overview


@dataclass(frozen=True)
class Reproduction:
    """All rows, measured."""

    plan: Plan
    rows: Sequence[Row]
    own_data: Sequence[Row]
    checks: Sequence[CrossCheck]
    seconds: float  # of this command
    training_seconds: float  # of all its runs, whenever they were trained

    @property
    def shortened(self) -> bool:
        """Whether some row is not as long as the assignment has it."""
        return any(row.shortened for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "seconds": self.seconds,
            "training_seconds": self.training_seconds,
            "experiments": [row.to_json() for row in self.rows],
            "everything_differs": [row.to_json() for row in self.own_data],
            "comparisons": [comparison.to_json() for comparison in comparisons(self.rows)],
            "cross_checks": [check.to_json() for check in self.checks],
        }


def reproduce(plan: Plan, runs: Path) -> Reproduction | int:
    """Train what is not yet trained and measure; or the exit code of a run that was stopped or failed.

    Raises what `train_seeds` raises; `LockedError` also while another one is at work in the folder.
    """
    started = time.perf_counter()
    runs.mkdir(parents=True, exist_ok=True)
    with RunLock(RunDirectory(runs.parent)):
        folder = RunFolder(runs)
        if code := _train(plan, folder):
            return code
    rows = [_measure(part, folder) for part in plan.rows()]
    own_data = [_measure(part, folder) for part in plan.own_data()]
    checks = [_check(part, folder) for part in plan.checks()]
    seconds = sum(result.history.seconds for row in (*rows, *own_data) for result in row.seeds.values())
    spent = seconds + sum(check.seconds for check in checks)
    return Reproduction(plan, rows, own_data, checks, time.perf_counter() - started, spent)


def _train(plan: Plan, folder: RunFolder) -> int:
    parts = plan.parts()
    progress = Progress(sum(part.work for part in parts))
    try:
        for part in parts:
            progress.begin(part.name, part.cost, _positions(part, folder))
            if code := train_seeds(part.configs, folder, progress):
                return code
    finally:
        progress.close()
    return 0


def _positions(part: Part, folder: RunFolder) -> dict[str, float]:
    found = [overview(run) for config in part.configs if (run := folder.find(config))]
    return {run.id: float(run.epoch) for run in found}


def _measure(part: Part, folder: RunFolder) -> Row:
    seeds = {config.seed: _result(part, config, folder.trained(config)) for config in part.configs}
    first = part.configs[0]
    return Row(part.experiment, first.engine, part.data_seed, first.epochs, seeds)


def _result(part: Part, config: RunConfig, directory: RunDirectory) -> SeedResult:
    units = ALL_ALIVE
    if part.experiment.has_output_relu:
        units = output_units(directory, config, _training(config.order_seed))
    return SeedResult(directory, RunReader(directory).read(), units)


@lru_cache(maxsize=1)
def _training(order_seed: int) -> Dataset:
    """The training split, which the experiments have in common but for this seed."""
    config = Experiment("assignment-1", "as-printed").config(order_seed, None, own_data=True)
    return data.load(config).splits["training"]


def _check(part: Part, folder: RunFolder) -> CrossCheck:
    (config,) = part.configs
    same = part.experiment.config(config.seed, config.epochs)
    runs = [RunReader(folder.trained(found)).read() for found in (same, config)]
    return cross_check(part.experiment, *runs)
