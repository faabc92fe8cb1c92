"""The same seed on both engines: how far their curves part."""

from dataclasses import dataclass
from typing import Any

from tui_trainer.history import History
from tui_trainer.reproduce.assignment import Experiment
from tui_trainer.reproduce.measured import SPLITS


@dataclass(frozen=True)
class CrossCheck:
    """One seed of an experiment, trained by the preset's own engine as well."""

    experiment: Experiment
    seed: int
    engine: str
    run: str
    scratch_run: str
    largest_difference: dict[str, float]  # split → of the accuracies of an epoch, over all epochs
    final_difference: dict[str, float]  # split → of the accuracies of the last epoch
    seconds: float  # of training on `engine`

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; differences as fractions."""
        return {
            "preset": self.experiment.preset,
            "variant": self.experiment.variant,
            "seed": self.seed,
            "engine": self.engine,
            "run": self.run,
            "scratch_run": self.scratch_run,
            "largest_difference": self.largest_difference,
            "final_difference": self.final_difference,
            "seconds": self.seconds,
        }


def cross_check(experiment: Experiment, scratch: History, other: History) -> CrossCheck:
    """Compare two runs of one config but for its engine, epoch by epoch."""
    apart = {split: _apart(scratch, other, f"{split}_error") for split in SPLITS}
    return CrossCheck(
        experiment,
        other.config.seed,
        other.config.engine,
        other.run,
        scratch.run,
        {split: max(values, default=0.0) for split, values in apart.items()},
        {split: values[-1] if values else 0.0 for split, values in apart.items()},
        other.seconds,
    )


def _apart(first: History, second: History, name: str) -> list[float]:
    pairs = zip(first.curves[name].values, second.curves[name].values, strict=False)
    return [abs(a - b) for a, b in pairs if a == a and b == b]
