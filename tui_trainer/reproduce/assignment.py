"""What the assignment reports, and the honest readings of it: three presets, each in its variants."""

from dataclasses import dataclass

from tui_trainer.config import RunConfig, preset, resolve
from tui_trainer.settings import Setting, SettingError

Accuracies = dict[str, dict[str, float]]  # split → max, final → fraction


def _accuracies(max_training: float, max_validation: float, training: float, validation: float) -> Accuracies:
    return {
        "training": {"max": max_training, "final": training},
        "validation": {"max": max_validation, "final": validation},
    }


REPORTED = {
    "assignment-1": _accuracies(0.9344, 0.9266, 0.9337, 0.925),
    "assignment-2-sgd": _accuracies(0.9330, 0.9294, 0.9330, 0.9272),
    "assignment-2-adam": _accuracies(0.7573, 0.7503, 0.7558, 0.7503),
}

# variant → what it changes in the preset
VARIANTS: dict[str, dict[str, str]] = {
    "as-printed": {},
    "dropout-input": {"dropout_at": "input"},
    "dropout-logits": {"dropout_at": "logits"},
    "without-relu": {"network": "softmax"},
}
DATA_SEED = 1  # of the examples and their order, the same for all seeds of an experiment
VALIDATION_EXAMPLES = 5_000
TRAINING_EXAMPLES = 29_984  # of an epoch: 937 whole batches of 32
SECONDS_BETWEEN_CHECKPOINTS = 10.0


@dataclass(frozen=True)
class Experiment:
    """One row of the table: a preset in one variant."""

    preset: str
    variant: str

    @property
    def reported(self) -> Accuracies:
        """What the assignment says of this preset."""
        return REPORTED[self.preset]

    @property
    def has_output_relu(self) -> bool:
        """Whether a ReLU stands on the logits, so that output units can die."""
        return self.variant != "without-relu"

    @property
    def name(self) -> str:
        """Both words."""
        return f"{self.preset} {self.variant}"

    @property
    def own_engine(self) -> str:
        """The engine that the preset names."""
        return str(preset(self.preset)["engine"])

    def config(self, seed: int, epochs: int | None, *, engine: str = "scratch", own_data: bool = False) -> RunConfig:
        """The settings of one seed; `own_data` lets the seed also decide the examples and their order."""
        notes = [f"seed {seed}", "own data" if own_data else "", "" if engine == "scratch" else f"on {engine}"]
        settings = {
            **VARIANTS[self.variant],
            "engine": engine,
            "seed": seed,
            "data_seed": None if own_data else DATA_SEED,
            "train_examples": 30_000,
            "validation_examples": VALIDATION_EXAMPLES,
            "checkpoint_seconds": SECONDS_BETWEEN_CHECKPOINTS,
            "title": ", ".join([self.name, *filter(None, notes)]),
        }
        if epochs is not None:
            settings["epochs"] = epochs
        return resolve(settings, preset_name=self.preset)


def experiments(presets: list[str] | None = None) -> list[Experiment]:
    """The rows of some presets, of all when none is named; `SettingError` for a preset of another kind."""
    for name in presets or []:
        if name not in REPORTED:
            raise SettingError("preset", Setting("", choices=tuple(REPORTED)).problem(name) or "")
    return [
        Experiment(name, variant)
        for name in REPORTED
        if not presets or name in presets
        for variant in VARIANTS
        if not variant.startswith("dropout") or preset(name)["dropout"]
    ]
