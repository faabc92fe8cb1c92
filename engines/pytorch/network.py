"""Builds a resolved list of layers as one torch.nn.Module whose parts carry the layers' names."""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from engines.masks import MaskStream
from engines.networks import Layer


class MaskedDropout(nn.Module):
    """Multiplies by the mask that it was given, and hands its inputs on where it has none.

    The masks come from `engines.masks`, the same stream for every engine, and not from torch's generator.
    """

    mask: Tensor | None = None  # shaped as the inputs, the batch included

    def __init__(self, shape: tuple[int, ...], probability: float) -> None:
        super().__init__()
        self.shape = shape
        self.probability = probability

    def draw(self, masks: MaskStream, examples: int) -> Tensor:
        """The next mask of the stream, `(examples, …)`."""
        return torch.from_numpy(masks.draw((examples, *self.shape), self.probability))

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs if self.mask is None else inputs * self.mask


class Linear(nn.Linear):
    """y = x Wᵀ + b, reckoned as (W xᵀ + b)ᵀ: where there are few outputs, that product takes half as long."""

    def forward(self, input: Tensor) -> Tensor:
        return torch.addmm(self.bias.unsqueeze(1), self.weight, input.t()).t()


def _linear(layer: Layer) -> nn.Module:
    return skip_init(Linear, layer.input_shape[0], layer.integer("outputs"))


def _conv2d(layer: Layer) -> nn.Module:
    kernel, stride, padding = (layer.integer(name) for name in ("kernel", "stride", "padding"))
    return skip_init(nn.Conv2d, layer.input_shape[0], layer.integer("outputs"), kernel, stride=stride, padding=padding)


def _max_pool2d(layer: Layer) -> nn.Module:
    return nn.MaxPool2d(layer.integer("kernel"), layer.integer("stride"), layer.integer("padding"))


def _avg_pool2d(layer: Layer) -> nn.Module:
    return nn.AvgPool2d(layer.integer("kernel"), layer.integer("stride"), layer.integer("padding"))


def _batch_norm(layer: Layer) -> nn.Module:
    make = nn.BatchNorm2d if len(layer.input_shape) == 3 else nn.BatchNorm1d
    module = make(layer.input_shape[0])
    module.num_batches_tracked = None  # the running means do not depend on it, and no other engine keeps it
    return module


MODULES: dict[str, Callable[[Layer], nn.Module]] = {
    "linear": _linear,
    "relu": lambda layer: nn.ReLU(),
    "leaky-relu": lambda layer: nn.LeakyReLU(layer.arguments["slope"]),
    "sigmoid": lambda layer: nn.Sigmoid(),
    "tanh": lambda layer: nn.Tanh(),
    "gelu": lambda layer: nn.GELU(),
    "dropout": lambda layer: MaskedDropout(layer.input_shape, layer.arguments["probability"]),
    "flatten": lambda layer: nn.Flatten(),
    "conv2d": _conv2d,
    "max-pool2d": _max_pool2d,
    "avg-pool2d": _avg_pool2d,
    "batch-norm": _batch_norm,
}


class Network(nn.Module):
    """The layers one after the other; parameters are named as in every engine, e.g. `linear1.weight`."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.input_shapes = [layer.input_shape for layer in layers]
        # one number for each channel has no variance: then batch-norm wants more examples
        alone = any(layer.kind == "batch-norm" and math.prod(layer.input_shape[1:]) == 1 for layer in layers)
        self.least_examples = 2 if alone else 1  # in a batch to train on
        for layer in layers:
            self.add_module(layer.name, MODULES[layer.kind](layer))

    def prepared(self, inputs: Tensor) -> Tensor:
        """Inputs as the first layer leaves them where that only flattens: once for many batches."""
        return inputs.flatten(1) if isinstance(next(self.children()), nn.Flatten) else inputs

    def flow(self, inputs: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Every layer's name and output `(examples, …)`, in order."""
        values = inputs
        for (name, module), shape in zip(self.named_children(), self.input_shapes, strict=True):
            if values.dim() == len(shape) == 3:
                values = values.unsqueeze(1)  # a grey picture has one channel: (n, 28, 28) → (n, 1, 28, 28)
            values = module(values)
            yield name, values

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits `(examples, classes)`."""
        return [output for _, output in self.flow(inputs)][-1]

    def dropouts(self) -> list[MaskedDropout]:
        """The dropout layers, in the order in which masks are drawn for them."""
        return [part for part in self.children() if isinstance(part, MaskedDropout)]

    def observing(self) -> "Network":
        """The same network, set to be looked at: no dropout, batch-norm with its running means."""
        for dropout in self.dropouts():
            dropout.mask = None
        return self.eval()
