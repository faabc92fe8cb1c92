"""What a reproduction consists of: rows of the table, rows in which everything differs, and checks on PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass

from engines import load_engine
from tui_trainer.config import RunConfig
from tui_trainer.reproduce.assignment import Experiment

# an epoch of each kind beside one of a scratch run in a group, roughly: only the remaining time is made of it
COST_ALONE, COST_PYTORCH, COST_DROPPED_INPUTS = 2.0, 6.0, 2.5


@dataclass(frozen=True)
class Part:
    """The runs of one experiment that belong together."""

    experiment: Experiment
    configs: tuple[RunConfig, ...]
    cost: float  # of an epoch, see above

    @property
    def data_seed(self) -> int | None:
        """The seed of the data, None where each seed has its own."""
        return self.configs[0].data_seed

    @property
    def work(self) -> float:
        """The cost of all epochs."""
        return self.cost * sum(config.epochs for config in self.configs)

    @property
    def name(self) -> str:
        """What a person reads while it trains."""
        config = self.configs[0]
        rest = " own data" if self.data_seed is None else f" {config.engine}" if config.engine != "scratch" else ""
        return self.experiment.name + rest


@dataclass(frozen=True)
class Plan:
    """What is to be reproduced: which rows, with how many seeds and epochs (None: as the assignment has it)."""

    experiments: Sequence[Experiment]
    seeds: int
    epochs: int | None
    chosen: bool = False  # whether the presets were named by the person
    own_seeds: int | None = None  # of the rows in which everything differs; as many as `seeds` if None

    def rows(self) -> list[Part]:
        """A part for each row of the table; its seeds share their data and train side by side in the scratch engine."""
        return [self._part(experiment, range(self.seeds)) for experiment in self.experiments]

    def own_data(self) -> list[Part]:
        """Each preset as printed again, with seeds that share nothing."""
        seeds = range(self.seeds if self.own_seeds is None else self.own_seeds)
        return [
            Part(printed, tuple(printed.config(seed, self.epochs, own_data=True) for seed in seeds), COST_ALONE)
            for printed in self.experiments
            if printed.variant == "as-printed"
        ]

    def checks(self) -> list[Part]:
        """The first seed of each experiment on PyTorch whose preset names that engine; none where it is missing."""
        if load_engine("pytorch").missing():
            return []
        asked = [experiment for experiment in self.experiments if experiment.own_engine == "pytorch"]
        return [Part(e, (e.config(0, self.epochs, engine="pytorch"),), COST_PYTORCH) for e in asked]

    def parts(self) -> list[Part]:
        """All there is to train, in order."""
        return [*self.rows(), *self.own_data(), *self.checks()]

    def _part(self, experiment: Experiment, seeds: Sequence[int]) -> Part:
        cost = COST_DROPPED_INPUTS if experiment.variant == "dropout-input" else 1.0
        return Part(experiment, tuple(experiment.config(seed, self.epochs) for seed in seeds), cost)
