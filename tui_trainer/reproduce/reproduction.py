"""Trains all rows of the table, then measures them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer import data
from tui_trainer.reproduce.assignment import DATA_SEED, Experiment
from tui_trainer.reproduce.measured import Row, SeedResult, dead_output_units
from tui_trainer.reproduce.runs import RunFolder
from tui_trainer.reproduce.seeds import train_seeds
from tui_trainer.run.trainer import Watch
from tui_trainer.store import RunReader


@dataclass(frozen=True)
class Plan:
    """What is to be reproduced: which rows, with how many seeds and epochs (None: as the assignment has it)."""

    experiments: Sequence[Experiment]
    seeds: int
    epochs: int | None


@dataclass(frozen=True)
class Reproduction:
    """All rows, measured."""

    plan: Plan
    rows: Sequence[Row]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"seconds": self.seconds, "experiments": [row.to_json() for row in self.rows]}


def reproduce(plan: Plan, runs: Path, watch: Watch) -> Reproduction | int:
    """Train what is not yet trained and measure; or the exit code of a run that was stopped or failed."""
    started, folder = time.perf_counter(), RunFolder(runs)
    for experiment in plan.experiments:
        configs = [experiment.config(seed, plan.epochs) for seed in range(plan.seeds)]
        if code := train_seeds(configs, folder, watch):
            return code
    rows = [_measure(experiment, plan, folder) for experiment in plan.experiments]
    return Reproduction(plan, rows, time.perf_counter() - started)


def _measure(experiment: Experiment, plan: Plan, folder: RunFolder) -> Row:
    configs = [experiment.config(seed, plan.epochs) for seed in range(plan.seeds)]
    training = data.load(configs[0]).splits["training"]
    seeds = {}
    for config in configs:
        directory = folder.trained(config)
        dead = dead_output_units(directory, config, training) if experiment.has_output_relu else []
        seeds[config.seed] = SeedResult(directory, RunReader(directory).read(), dead)
    return Row(experiment, configs[0].engine, DATA_SEED, configs[0].epochs, seeds)
