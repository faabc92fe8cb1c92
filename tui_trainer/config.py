"""RunConfig: every setting of a run, declared once; flags, files and the app's panels are made from it."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, get_args, get_type_hints

from engines import engine_names, is_engine
from engines.config import (
    DROPOUT_PLACES,
    INITIALIZERS,
    LOSSES,
    NETWORKS,
    OPTIMIZERS,
    SCHEDULES,
    LayerConfig,
    NetworkConfig,
    OptimizerConfig,
)
from engines.schedules import ScheduleConfig
from tui_trainer.settings import Setting, SettingError, boolean, closest, number

DEFAULT_PRESET = "assignment-1"
DEFAULT_EXAMPLES = {"training": 30_000, "validation": 5_000}
SCALES = ("unit", "standard", "none")


def _setting(default: Any, help: str, **rest: Any) -> Any:
    return dataclasses.field(default=default, metadata={"setting": Setting(help, **rest)})


@dataclass(frozen=True)
class RunConfig:
    """All that decides a run; immutable, and checked when it is made (`SettingError`)."""

    engine: str = _setting("scratch", "the library that trains", group="engine")
    device: str = _setting("cpu", "where it trains", group="engine", choices=("cpu", "cuda"))
    threads: int = _setting(
        1, "threads for matrix products; small networks want one", group="engine", minimum=1, maximum=1024
    )

    network: str = _setting("assignment", "the network", group="network", choices=NETWORKS)
    hidden: tuple[int, ...] = _setting(
        (128,), "units of each hidden layer of mlp, e.g. 256,128", group="network", minimum=1, maximum=100_000
    )
    init: str = _setting("unit-norm", "initial values of the parameters", group="network", choices=INITIALIZERS)
    dropout: float = _setting(0.0, "probability that a unit is dropped", group="network", minimum=0, below=1, live=True)
    dropout_at: str = _setting(
        "input",
        "where dropout sits; none builds it and never calls it",
        group="network",
        choices=DROPOUT_PLACES,
    )
    loss: str = _setting("cross-entropy", "the loss that is descended", group="network", choices=LOSSES)
    label_smoothing: float = _setting(
        0.0, "share of the label given to all classes alike", group="network", minimum=0, below=1
    )
    layers: tuple[LayerConfig, ...] = _setting((), "the layers of network custom", group="network")

    optimizer: str = _setting("sgd", "the rule that updates the weights", group="optimizer", choices=OPTIMIZERS)
    learning_rate: float = _setting(0.01, "size of each step", group="optimizer", above=0, live=True)
    momentum: float = _setting(
        0.9,
        "share of the last step kept; momentum and nesterov",
        group="optimizer",
        minimum=0,
        below=1,
        live=True,
    )
    weight_decay: float = _setting(0.0, "pull of the weights to zero", group="optimizer", minimum=0, live=True)
    clip_norm: float = _setting(0.0, "largest norm of the gradient; 0 is off", group="optimizer", minimum=0)
    schedule: str = _setting(
        "constant", "how the learning rate changes over the epochs", group="optimizer", choices=SCHEDULES
    )
    schedule_every: int = _setting(
        30, "step: epochs between cuts; plateau: epochs of patience", group="optimizer", minimum=1
    )
    schedule_factor: float = _setting(
        0.1, "step, plateau: what each cut multiplies by", group="optimizer", above=0, maximum=1
    )
    warm_up: int = _setting(5, "warm-up: epochs to the full learning rate", group="optimizer", minimum=1)

    batch_size: int = _setting(32, "examples in a step", group="data", minimum=1)
    train_examples: int | None = _setting(
        None, "training examples, drawn by the seed; 30000 if open", group="data", minimum=1
    )
    validation_examples: int | None = _setting(
        None, "validation examples, drawn by the seed; 5000 if open", group="data", minimum=1
    )
    data: str | None = _setting(None, "folder with four IDX files; else the shipped MNIST", group="data")
    scale: str = _setting("unit", "pixels: unit /255, standard mean 0, none raw", group="data", choices=SCALES)
    shuffle: bool = _setting(True, "a new order of the examples each epoch", group="data")
    partial_batch: bool = _setting(False, "keep the last, smaller batch of an epoch", group="data")

    epochs: int = _setting(240, "passes over the training examples", minimum=1, maximum=10_000_000)
    seed: int = _setting(1, "seed of data, order, weights and dropout", minimum=0, maximum=2**63 - 1)
    data_seed: int | None = _setting(
        None, "seed of data and order alone; the seed if not given", minimum=0, maximum=2**63 - 1
    )
    checkpoint_seconds: float = _setting(0.0, "seconds between checkpoints; 0 is one every epoch", minimum=0)
    keep_every: int = _setting(0, "keep also each n-th epoch's checkpoint; 0 none", minimum=0)
    inspect: bool = _setting(True, "measure the layers once an epoch, for the doctor")
    on_divergence: str = _setting("stop", "what a NaN or infinity does", choices=("stop", "continue"))
    on_save_failure: str = _setting("continue", "what a failed checkpoint does", choices=("continue", "pause"))
    title: str = _setting("", "a name for people; never names a file")

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            if problem := _value_problem(name, getattr(self, name), setting):
                raise SettingError(name, problem)

    def steps_in(self, examples: int) -> int:
        """Optimizer updates in an epoch of so many training examples."""
        return examples // self.batch_size + bool(self.partial_batch and examples % self.batch_size)

    @property
    def network_config(self) -> NetworkConfig:
        """The part that says which network."""
        return NetworkConfig(
            name=self.network,
            hidden=self.hidden,
            layers=self.layers,
            initializer=self.init,
            dropout=self.dropout,
            dropout_at=self.dropout_at,
            loss=self.loss,
            label_smoothing=self.label_smoothing,
        )

    @property
    def optimizer_config(self) -> OptimizerConfig:
        """The part that says how the weights move."""
        return OptimizerConfig(self.optimizer, self.learning_rate, self.momentum, self.weight_decay, self.clip_norm)

    @property
    def schedule_config(self) -> ScheduleConfig:
        """The part that says how the learning rate changes."""
        return ScheduleConfig(self.schedule, self.schedule_every, self.schedule_factor, self.warm_up)

    @property
    def order_seed(self) -> int:
        """The seed of the data and its order."""
        return self.seed if self.data_seed is None else self.data_seed

    def replace(self, **changes: Any) -> "RunConfig":
        """The same config with some settings changed; values are coerced and checked (`SettingError`)."""
        return RunConfig.from_mapping({**self.to_mapping(), **changes})

    def to_mapping(self) -> dict[str, Any]:
        """Plain JSON and TOML values, every setting."""
        values = {name: getattr(self, name) for name in SETTINGS}
        values["hidden"] = list(self.hidden)
        values["layers"] = [{"kind": layer.kind, **layer.arguments} for layer in self.layers]
        return values

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "RunConfig":
        """A config from plain values; keys with dashes or underscores; `SettingError` for what cannot be."""
        coerced = {}
        for key, value in values.items():
            name = key.replace("-", "_")
            if name not in SETTINGS:
                near = closest(name, tuple(SETTINGS))
                raise SettingError(key, f"there is no such setting{near}")
            coerced[name] = coerce(name, value)
        return cls(**coerced)


SETTINGS: dict[str, Setting] = {field.name: field.metadata["setting"] for field in dataclasses.fields(RunConfig)}
_TYPES: dict[str, Any] = get_type_hints(RunConfig)


def is_optional(name: str) -> bool:
    """Whether a setting may be left open."""
    return type(None) in get_args(_TYPES[name])


def type_of(name: str) -> Any:
    """The type of a setting's value when it is not left open: int, float, bool, str or a tuple."""
    inner = [kind for kind in get_args(_TYPES[name]) if kind is not type(None)]
    return inner[0] if is_optional(name) else _TYPES[name]


def coerce(name: str, value: Any) -> Any:
    """A plain value (from a file, a flag or a field) as the setting's type; `SettingError` when it is none."""
    kind = type_of(name)
    if value is None or (value == "" and is_optional(name)):
        if is_optional(name):
            return None
        raise SettingError(name, "wants a value")
    if name == "layers":
        return _layers(value)
    if name == "hidden":
        parts = [p for p in value.split(",") if p.strip()] if isinstance(value, str) else value
        return tuple(number(name, part, int) for part in (parts if isinstance(parts, list | tuple) else [parts]))
    if kind in (int, float):
        return number(name, value, kind)
    if kind is bool:
        return boolean(name, value)
    if not isinstance(value, str):
        raise SettingError(name, f"must be text, not {value!r}")
    return value


def _layers(value: Any) -> tuple[LayerConfig, ...]:
    try:
        return tuple(
            entry
            if isinstance(entry, LayerConfig)
            else LayerConfig(entry["kind"], {k: v for k, v in entry.items() if k != "kind"})
            for entry in value
        )
    except (TypeError, KeyError, AttributeError):
        raise SettingError("layers", 'each layer is a table with a kind, e.g. kind = "relu"') from None


def _value_problem(name: str, value: Any, setting: Setting) -> str | None:
    if name == "engine" and not is_engine(value):
        return Setting("", choices=engine_names()).problem(value)
    return None if value is None else setting.problem(value)


def preset_names() -> tuple[str, ...]:
    """The presets that come with the package."""
    folder = resources.files("tui_trainer") / "presets"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".toml")))


def preset(name: str) -> dict[str, Any]:
    """The settings of a preset, as plain values; `SettingError` names the presets that there are."""
    if name not in preset_names():
        raise SettingError("preset", Setting("", choices=preset_names()).problem(name) or "")
    text = (resources.files("tui_trainer") / "presets" / f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def load_file(path: Path) -> dict[str, Any]:
    """The settings in a TOML file, as plain values; `SettingError` says what is wrong with the file."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingError("config", f"{path}: {error.strerror}") from None
    except UnicodeEncodeError:
        raise SettingError("config", f"{path!s:.200} cannot be the name of a file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError("config", f"{path} is not TOML: {error}") from None


def resolve(
    flags: Mapping[str, Any], file: Mapping[str, Any] | None = None, preset_name: str | None = None
) -> RunConfig:
    """A flag beats the file, which beats the preset, which beats the default."""
    file = dict(file or {})
    named = file.pop("preset", None) if preset_name is None else (file.pop("preset", None), preset_name)[1]
    base = preset(named or DEFAULT_PRESET)
    plain = {key.replace("-", "_"): value for key, value in (base | file).items() if key != "description"}
    return RunConfig.from_mapping({**plain, **flags})
