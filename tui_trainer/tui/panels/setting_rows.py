"""The rows of the settings panel: which settings, under which words, with which field."""

from collections.abc import Callable
from typing import Any

from engines import engine_names, engine_problem, load_engine
from tui_trainer.config import DEFAULT_EXAMPLES, SETTINGS, RunConfig, preset, preset_names, resolve, type_of
from tui_trainer.tui.panels.fields import ChoiceField, Field, NumberField, TextField

# Shown at once; all others stand behind "more settings".
MAIN = (
    "engine",
    "network",
    "hidden",
    "init",
    "dropout",
    "dropout_at",
    "optimizer",
    "learning_rate",
    "momentum",
    "weight_decay",
    "batch_size",
    "train_examples",
    "validation_examples",
    "epochs",
    "seed",
)
UNTYPED = ("layers",)  # only a file can say them

# A setting that means nothing beside the others is not shown.
MEANS_SOMETHING: dict[str, Callable[[RunConfig], bool]] = {
    "hidden": lambda c: c.network == "mlp",
    "device": lambda c: c.engine != "scratch",
    "momentum": lambda c: c.optimizer in ("momentum", "nesterov"),
    "schedule_every": lambda c: c.schedule in ("step", "plateau"),
    "schedule_factor": lambda c: c.schedule in ("step", "plateau"),
    "warm_up": lambda c: c.schedule == "warm-up",
}
EMPTY = {
    "train_examples": f"{DEFAULT_EXAMPLES['training']}",
    "validation_examples": f"{DEFAULT_EXAMPLES['validation']}",
    "data_seed": "as seed",
    "data": "shipped MNIST",
}
FIRST = {
    "dropout": 0.1,
    "label_smoothing": 0.01,
    "momentum": 0.1,
}  # where a step from 0 leads, where 0.0001 will not do
LABELS = {
    "init": "initial values",
    "dropout_at": "dropout at",
    "train_examples": "train. examples",
    "validation_examples": "valid. examples",
    "checkpoint_seconds": "save every (s)",
    "label_smoothing": "label smoothing",
    "on_divergence": "on divergence",
    "on_save_failure": "on save failure",
    "hidden": "hidden units",
}
CHANGED = " *"


def value_text(config: RunConfig, name: str) -> str:
    """A setting's value as it is typed."""
    value = getattr(config, name)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def nearest_preset(config: RunConfig) -> str:
    """The preset that shares the most settings with a config; with a word where they are not all of them."""
    chosen = _filled(config)
    same = {name: _shared(chosen, _filled(resolve({}, None, name))) for name in preset_names()}
    nearest = max(same, key=same.__getitem__)
    return nearest if same[nearest] == len(SETTINGS) else f"{nearest}{CHANGED}"


def edited_settings(config: RunConfig) -> list[str]:
    """The settings that differ from those of the nearest preset."""
    chosen, base = _filled(config), _filled(resolve({}, None, nearest_preset(config).removesuffix(CHANGED)))
    return [name for name in SETTINGS if chosen.get(name) != base.get(name)]


def _filled(config: RunConfig) -> dict[str, Any]:
    """The settings, with the numbers of examples that an open one stands for."""
    values = config.to_mapping()
    for split, name in (("training", "train_examples"), ("validation", "validation_examples")):
        values[name] = values[name] or DEFAULT_EXAMPLES[split]
    return values


def _shared(one: dict[str, Any], other: dict[str, Any]) -> int:
    return sum(one[name] == other[name] for name in SETTINGS)


def preset_field() -> Field:
    """The field that takes the settings of an experiment."""
    words = "the settings to begin with; * some are changed"
    return ChoiceField("preset", words, "", preset_names, explain=_about_preset)


def setting_field(name: str) -> Field:
    """The field of a setting, made of what `SETTINGS` knows of it."""
    setting, kind = SETTINGS[name], type_of(name)
    empty = EMPTY.get(name, "")
    if name == "engine" or setting.choices or kind is bool:
        choices = engine_names if name == "engine" else lambda: setting.choices or ("yes", "no")
        field: Field = ChoiceField(name, setting.help, "", choices, explain=EXPLAIN.get(name), live=setting.live)
    elif kind in (int, float):
        field = number = NumberField(name, setting.help, "", whole=kind is int, live=setting.live, empty=empty)
        number.first = FIRST.get(name, number.first)
    else:
        field = TextField(name, setting.help, "", empty=empty)
    field.label = LABELS.get(name, field.label)
    return field


def _about_preset(name: str) -> str:
    return str(preset(name).get("description", ""))


def _about_engine(name: str) -> str:
    return engine_problem(name) or load_engine(name).summary


def _about_network(name: str) -> str:
    from engines.networks import SUMMARIES

    return SUMMARIES.get(name, "")


EXPLAIN: dict[str, Callable[[str], str]] = {"engine": _about_engine, "network": _about_network}
