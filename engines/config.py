"""What every engine understands: plain values that say which network to train, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NETWORKS = ("assignment", "softmax", "mlp", "lenet", "custom")
INITIALIZERS = ("unit-norm", "he", "glorot", "pytorch", "zeros")
DROPOUT_PLACES = ("none", "input", "hidden", "logits")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
LOSSES = ("cross-entropy", "mean-squared-error")
SCHEDULES = ("constant", "step", "cosine", "warm-up", "plateau")


@dataclass(frozen=True)
class LayerConfig:
    """One layer as a person writes it: its kind and its own arguments, e.g. `("linear", {"outputs": 10})`."""

    kind: str
    arguments: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class NetworkConfig:
    """Which network, how it starts, where it drops out, and which loss it descends."""

    name: str = "assignment"
    hidden: tuple[int, ...] = (128,)  # units of each hidden layer; `mlp` only
    layers: tuple[LayerConfig, ...] = ()  # `custom` only
    initializer: str = "unit-norm"
    dropout: float = 0.0  # probability that a unit is dropped
    dropout_at: str = "none"
    loss: str = "cross-entropy"
    label_smoothing: float = 0.0


@dataclass(frozen=True)
class OptimizerConfig:
    """Which optimizer, with the arguments of its `torch.optim` namesake."""

    name: str = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9  # `momentum` and `nesterov` only
    weight_decay: float = 0.0  # L2 penalty; decoupled for `adamw`
    clip_norm: float = 0.0  # largest norm of the whole gradient; 0 is off
    beta1: float = 0.9  # `adam` and `adamw`
    beta2: float = 0.999  # `adam` and `adamw`
    alpha: float = 0.99  # `rmsprop`: smoothing of the squared gradient
