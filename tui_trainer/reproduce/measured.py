"""What came of one row: its runs' accuracies over the seeds, and what became of their output units."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines import load_engine
from engines.interface import Dataset
from tui_trainer.config import RunConfig
from tui_trainer.history import History
from tui_trainer.reproduce.assignment import TRAINING_EXAMPLES, VALIDATION_EXAMPLES, Experiment
from tui_trainer.reproduce.runs import newest_state
from tui_trainer.statistics import Interval, Spread, binomial_interval, spread
from tui_trainer.store import RunDirectory

SPLITS = ("training", "validation")
KINDS = ("max", "final")
EXAMPLES = {"training": TRAINING_EXAMPLES, "validation": VALIDATION_EXAMPLES}


def proportion(accuracy: float, split: str) -> Interval:
    """An accuracy with its binomial interval for the number of examples that it was measured on."""
    return binomial_interval(accuracy * EXAMPLES[split], EXAMPLES[split])


@dataclass(frozen=True)
class OutputUnits:
    """What has become of output units under a ReLU, over all training examples."""

    dead: list[int]  # no example lifts them above zero: no gradient reaches them
    lost: list[int]  # no example of their own digit does: nothing pushes them up, other digits push them down
    ceiling: float  # the fraction of training examples whose digit can be named: not lost, or 0, which ties fall to


ALL_ALIVE = OutputUnits([], [], 1.0)


@dataclass(frozen=True)
class SeedResult:
    """One run of a row, over."""

    directory: RunDirectory
    history: History
    units: OutputUnits

    def accuracy(self, split: str, kind: str) -> float | None:
        """The largest or the last accuracy of a split, a fraction; None where no epoch was finite."""
        return self.history.accuracy(split)[kind]


@dataclass(frozen=True)
class Row:
    """One experiment over its seeds."""

    experiment: Experiment
    engine: str
    data_seed: int | None  # None where it is the seed itself
    epochs: int
    seeds: Mapping[int, SeedResult]

    @property
    def shortened(self) -> bool:
        """Whether its runs are not as long as the assignment's: then what that reports is not held against them."""
        return self.epochs != self.experiment.config(0, None).epochs

    def accuracies(self, split: str, kind: str) -> list[float]:
        """Of every seed that has one, in the order of seeds."""
        found = [result.accuracy(split, kind) for result in self.seeds.values()]
        return [value for value in found if value is not None]

    def spread(self, split: str, kind: str) -> Spread | None:
        """Over the seeds; None where no seed has a finite accuracy."""
        values = self.accuracies(split, kind)
        return spread(values) if values else None

    @property
    def seeds_with_dead_units(self) -> list[int]:
        """The seeds in which no example lifts some output unit above zero."""
        return [seed for seed, result in self.seeds.items() if result.units.dead]

    @property
    def seeds_with_lost_digits(self) -> list[int]:
        """The seeds in which some digit can be right only by a tie."""
        return [seed for seed, result in self.seeds.items() if result.units.lost]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; accuracies as fractions."""
        return {
            "preset": self.experiment.preset,
            "variant": self.experiment.variant,
            "engine": self.engine,
            "seeds": list(self.seeds),
            "data_seed": self.data_seed,
            "epochs": self.epochs,
            "reported": self.experiment.reported,
            "measured": {split: {kind: self._spread_json(split, kind) for kind in KINDS} for split in SPLITS},
            "binomial_95": self._binomial_json(),
            "dead_output_units": {str(seed): result.units.dead for seed, result in self.seeds.items()},
            "lost_digits": {str(seed): result.units.lost for seed, result in self.seeds.items()},
            "runs": {str(seed): result.directory.id for seed, result in self.seeds.items()},
        }

    def _binomial_json(self) -> dict[str, float] | None:
        """The interval of the median final validation accuracy, for the number of examples."""
        found = self.spread("validation", "final")
        return None if found is None else dataclasses.asdict(proportion(found.median, "validation"))

    def _spread_json(self, split: str, kind: str) -> dict[str, float] | None:
        found = self.spread(split, kind)
        return None if found is None else dataclasses.asdict(found)


def output_units(directory: RunDirectory, config: RunConfig, training: Dataset) -> OutputUnits:
    """Which output units are dead, and which digits lost, under the newest weights of a run.

    It is asked of the scratch engine's own forward pass: after the ReLU, a pre-activation ≤ 0 is 0.
    `CheckpointError` where the run has no good checkpoint.
    """
    learner = load_engine("scratch").build(
        config.network_config, config.optimizer_config, splits={"training": training}, seed=config.seed
    )
    learner.load_state_dict(newest_state(directory))
    lifted = learner.predict(training.inputs) > 0  # (examples, classes)
    own = lifted[np.arange(len(training)), training.labels]
    dead = [int(unit) for unit in np.flatnonzero(~lifted.any(axis=0))]
    lost = sorted(set(training.labels.tolist()) - set(training.labels[own].tolist()))
    unnamed = [digit for digit in lost if digit]  # where all outputs are 0, the first is the largest
    return OutputUnits(dead, lost, 1 - float(np.isin(training.labels, unnamed).mean()))
