"""Where a run stands: all that a checkpoint holds beside the learner's own state."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engines.interface import Array, Metrics
from tui_trainer.checkpoint import Checkpoint, CheckpointError

PREFIX = "progress."  # of the names of arrays in a checkpoint that are not the learner's


@dataclass
class Progress:
    """How far a run is, its live settings, and what was measured that later lines of its metrics are made from."""

    steps_per_epoch: int
    step: int = 0  # optimizer updates done
    seconds: float = 0.0  # spent training, without pauses
    settings: dict[str, Any] = field(default_factory=dict)  # live settings that differ from the config
    best_error: float = math.inf
    best_epoch: int = 0
    validation_losses: list[float] = field(default_factory=list)  # one an epoch
    losses: Array = field(init=False)  # (steps_per_epoch,) of the current epoch, the first `step_in_epoch` valid
    wrong: Array = field(init=False)
    examples: Array = field(init=False)

    def __post_init__(self) -> None:
        self.losses = np.zeros(self.steps_per_epoch)
        self.wrong = np.zeros(self.steps_per_epoch, np.int64)
        self.examples = np.zeros(self.steps_per_epoch, np.int64)

    @property
    def epochs_done(self) -> int:
        """Whole epochs, validation included."""
        return len(self.validation_losses)

    @property
    def step_in_epoch(self) -> int:
        """Steps done of the epoch that is being trained."""
        return self.step - self.epochs_done * self.steps_per_epoch

    def note(self, metrics: Metrics) -> None:
        """Keep what a slice measured until the epoch ends."""
        part = slice(self.step_in_epoch, self.step_in_epoch + len(metrics.losses))
        self.losses[part], self.wrong[part], self.examples[part] = metrics.losses, metrics.wrong, metrics.examples
        self.step += len(metrics.losses)

    def over(self, first: int, last: int) -> Metrics:
        """What was measured in the steps [first, last) of the current epoch."""
        return Metrics(self.losses[first:last], self.wrong[first:last], self.examples[first:last])

    # -- in a checkpoint -----------------------------------------------------

    def tensors(self) -> dict[str, Array]:
        """What was measured, as arrays."""
        valid = self.step_in_epoch
        return {
            PREFIX + "losses": self.losses[:valid].copy(),
            PREFIX + "wrong": self.wrong[:valid].copy(),
            PREFIX + "examples": self.examples[:valid].copy(),
            PREFIX + "validation_losses": np.array(self.validation_losses, np.float64),
        }

    def about(self) -> dict[str, Any]:
        """The rest, as JSON values."""
        best = {"epoch": self.best_epoch, "step": self.best_epoch * self.steps_per_epoch, "error": self.best_error}
        return {
            "epoch": self.epochs_done,
            "step": self.step,
            "steps_per_epoch": self.steps_per_epoch,
            "seconds": self.seconds,
            "settings": dict(self.settings),
            "best": best if self.best_epoch else {},
        }

    @classmethod
    def read(cls, checkpoint: Checkpoint, steps_per_epoch: int) -> "Progress":
        """The progress in a checkpoint; `CheckpointError` where its parts do not agree."""
        try:
            return cls(steps_per_epoch)._filled(checkpoint)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise CheckpointError(f"its description makes no sense: {type(error).__name__} {error}") from None

    def _filled(self, checkpoint: Checkpoint) -> "Progress":
        about, best = checkpoint.about, checkpoint.about["best"]
        parts = {name: checkpoint.tensors[PREFIX + name] for name in ("losses", "wrong", "examples")}
        self.step, self.seconds = int(about["step"]), float(about["seconds"])
        self.settings = dict(about["settings"])
        self.best_epoch, self.best_error = int(best.get("epoch", 0)), float(best.get("error", math.inf))
        self.validation_losses = [float(loss) for loss in checkpoint.tensors[PREFIX + "validation_losses"]]
        valid = self.step_in_epoch
        if not 0 <= valid < self.steps_per_epoch or any(part.shape != (valid,) for part in parts.values()):
            raise ValueError(f"step {self.step} after {self.epochs_done} epochs of {self.steps_per_epoch} steps")
        for name, part in parts.items():
            getattr(self, name)[:valid] = part
        return self
