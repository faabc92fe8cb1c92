"""Turns a network's config into its list of layers, each with its name and shapes, for every engine alike."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engines.config import DROPOUT_PLACES, LayerConfig, NetworkConfig

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer of a resolved network; shapes are without the batch."""

    name: str  # kind and ordinal, e.g. `linear1`: a dropout more or less renames no parameter
    kind: str
    arguments: Mapping[str, float]
    input_shape: Shape
    output_shape: Shape

    def integer(self, argument: str) -> int:
        """An argument that counts something."""
        return int(self.arguments[argument])

    @property
    def weight_shape(self) -> Shape:
        """`(outputs, inputs)` for a linear layer, `(outputs, inputs, kernel, kernel)` for a convolution."""
        if self.kind == "linear":
            return (self.integer("outputs"), self.input_shape[0])
        kernel = self.integer("kernel")
        return (self.integer("outputs"), self.input_shape[0], kernel, kernel)


def _same(shape: Shape, arguments: Mapping[str, float]) -> Shape:
    return shape


def _linear(shape: Shape, arguments: Mapping[str, float]) -> Shape:
    if len(shape) != 1:
        raise ValueError(f"linear wants flat inputs, not {shape}: put a flatten layer before it")
    return (int(arguments["outputs"]),)


def _slide(size: int, arguments: Mapping[str, float]) -> int:
    """How many places a window of `kernel` has along `size`."""
    kernel, stride, padding = (int(arguments[name]) for name in ("kernel", "stride", "padding"))
    return (size + 2 * padding - kernel) // stride + 1


def _window(shape: Shape, arguments: Mapping[str, float]) -> Shape:
    if len(shape) != 3:
        raise ValueError(f"a convolution or pooling wants inputs (channels, rows, columns), not {shape}")
    rows, columns = _slide(shape[1], arguments), _slide(shape[2], arguments)
    if rows < 1 or columns < 1:
        raise ValueError(f"a window of {int(arguments['kernel'])} does not fit into {shape[1]}×{shape[2]}")
    return (int(arguments.get("outputs", shape[0])), rows, columns)


def _pool(shape: Shape, arguments: Mapping[str, float]) -> Shape:
    if 2 * arguments["padding"] > arguments["kernel"]:
        raise ValueError(f"a pooling window of {arguments['kernel']:g} has room for half as much padding, not more")
    return _window(shape, arguments)


def _flatten(shape: Shape, arguments: Mapping[str, float]) -> Shape:
    size = 1
    for length in shape:
        size *= length
    return (size,)


REQUIRED = float("nan")  # the mark of an argument that has no default
Rule = Callable[[Shape, Mapping[str, float]], Shape]

# kind → its arguments with their defaults, and how it changes a shape
KINDS: dict[str, tuple[dict[str, float], Rule]] = {
    "linear": ({"outputs": REQUIRED}, _linear),
    "relu": ({}, _same),
    "leaky-relu": ({"slope": 0.01}, _same),
    "sigmoid": ({}, _same),
    "tanh": ({}, _same),
    "gelu": ({}, _same),
    "dropout": ({"probability": REQUIRED}, _same),
    "flatten": ({}, _flatten),
    "conv2d": ({"outputs": REQUIRED, "kernel": REQUIRED, "stride": 1, "padding": 0}, _window),
    "max-pool2d": ({"kernel": 2, "stride": 2, "padding": 0}, _pool),
    "avg-pool2d": ({"kernel": 2, "stride": 2, "padding": 0}, _pool),
    "batch-norm": ({}, _same),
}
ACTIVATIONS = ("relu", "leaky-relu", "sigmoid", "tanh", "gelu")

SUMMARIES = {
    "assignment": "Linear 784→10, ReLU on the logits: the assignment's own network",
    "softmax": "Linear 784→10: the same without that ReLU",
    "mlp": "Linear and ReLU for each size in `hidden`, then Linear →10",
    "lenet": "two convolutions with max-pooling, then three linear layers (LeCun et al. 1998)",
    "custom": "the list of layers in the config file",
}


def _of(kind: str, **arguments: float) -> LayerConfig:
    return LayerConfig(kind, arguments)


def _lenet(classes: int) -> list[LayerConfig]:
    return [
        *(_of("conv2d", outputs=6, kernel=5, padding=2), _of("relu"), _of("max-pool2d")),
        *(_of("conv2d", outputs=16, kernel=5), _of("relu"), _of("max-pool2d"), _of("flatten")),
        *(_of("linear", outputs=120), _of("relu"), _of("linear", outputs=84), _of("relu")),
        _of("linear", outputs=classes),
    ]


def _named(network: NetworkConfig, classes: int) -> list[LayerConfig]:
    """The layers of a network by name, before dropout is placed."""
    if network.name == "assignment":
        return [_of("flatten"), _of("linear", outputs=classes), _of("relu")]
    if network.name == "softmax":
        return [_of("flatten"), _of("linear", outputs=classes)]
    if network.name == "mlp":
        hidden = [layer for size in network.hidden for layer in (_of("linear", outputs=size), _of("relu"))]
        return [_of("flatten"), *hidden, _of("linear", outputs=classes)]
    if network.name == "lenet":
        return _lenet(classes)
    if network.name == "custom":
        if not network.layers:
            raise ValueError("network custom wants its layers: write [[layers]] tables in the config file")
        return list(network.layers)
    raise ValueError(f"unknown network {network.name!r}: choose from {', '.join(SUMMARIES)}")


def _hidden_activations(layers: list[LayerConfig]) -> list[int]:
    """Where activations stand that feed a further layer with weights."""
    last = max((i for i, layer in enumerate(layers) if layer.kind in ("linear", "conv2d")), default=-1)
    return [i for i, layer in enumerate(layers) if layer.kind in ACTIVATIONS and i < last]


def _with_dropout(layers: list[LayerConfig], network: NetworkConfig) -> list[LayerConfig]:
    """Place dropout: on the input, after every hidden activation, or after the last layer (on the logits)."""
    drop = _of("dropout", probability=network.dropout)
    if network.dropout_at == "none":
        return layers
    if network.dropout_at == "input":
        return [drop, *layers]
    if network.dropout_at == "logits":
        return [*layers, drop]
    if network.dropout_at != "hidden":
        raise ValueError(f"unknown dropout place {network.dropout_at!r}: choose from {', '.join(DROPOUT_PLACES)}")
    after = _hidden_activations(layers)
    if not after:
        raise ValueError(f"network {network.name} has no hidden layer to drop: choose input, logits or none")
    return [part for i, layer in enumerate(layers) for part in ((layer, drop) if i in after else (layer,))]


def _argument_problem(name: str, value: object) -> str | None:
    """What an argument must be, where it is not that."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "a number"
    if name == "probability":
        return None if 0 <= value < 1 else "at least 0 and below 1"
    if name == "slope":
        return None if 0 <= value < math.inf else "at least 0"
    floor = 0 if name == "padding" else 1
    return None if value == value // 1 and value >= floor else f"a whole number of at least {floor}"


def _arguments(layer: LayerConfig) -> dict[str, float]:
    """The arguments with defaults filled in; `ValueError` for an unknown kind or argument, or a missing one."""
    if layer.kind not in KINDS:
        raise ValueError(f"unknown layer {layer.kind!r}: choose from {', '.join(KINDS)}")
    defaults, _ = KINDS[layer.kind]
    for name, value in layer.arguments.items():
        if name not in defaults:
            allowed = ", ".join(defaults) or "none"
            raise ValueError(f"layer {layer.kind} has no argument {name!r}: it takes {allowed}")
        if problem := _argument_problem(name, value):
            raise ValueError(f"layer {layer.kind}: {name} must be {problem}, not {value!r}")
    merged = {**defaults, **layer.arguments}
    for name, value in merged.items():
        if value != value:
            raise ValueError(f"layer {layer.kind} wants {name}")
    return merged


def _resolve(layers: Iterable[LayerConfig], shape: Shape) -> tuple[Layer, ...]:
    counts: Counter[str] = Counter()
    resolved = []
    for layer in layers:
        arguments = _arguments(layer)
        if layer.kind in ("conv2d", "max-pool2d", "avg-pool2d", "batch-norm") and len(shape) == 2:
            shape = (1, *shape)  # grey pictures have one channel
        output = KINDS[layer.kind][1](shape, arguments)
        counts[layer.kind] += 1
        name = f"{layer.kind.replace('-', '_')}{counts[layer.kind]}"
        resolved.append(Layer(name, layer.kind, arguments, shape, output))
        shape = output
    return tuple(resolved)


def resolve_network(network: NetworkConfig, input_shape: Shape, classes: int) -> tuple[Layer, ...]:
    """The layers from first to last, dropout placed; `ValueError` says in one line what does not fit."""
    if not 0 <= network.dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1, not {network.dropout}")
    layers = _resolve(_with_dropout(_named(network, classes), network), input_shape)
    if layers[-1].output_shape != (classes,):
        raise ValueError(f"the network ends in {layers[-1].output_shape}, but the data has {classes} classes")
    return layers
