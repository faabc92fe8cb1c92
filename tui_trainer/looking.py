"""What the checkpoints of a run show: weights as pictures, confusions, mistakes. Whoever trained it, NumPy looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from engines.config import OptimizerConfig
from engines.interface import Array, Dataset
from engines.networks import Layer, resolve_network
from engines.scratch.engine import ScratchEngine
from tui_trainer import data
from tui_trainer.checkpoint import Checkpoint, CheckpointError, read_checkpoint
from tui_trainer.data import DataError
from tui_trainer.inspection import Inspector
from tui_trainer.recorded import RecordedInspections
from tui_trainer.store import CheckpointStore, RunDirectory
from tui_trainer.store.checkpoints import step_of

MOST_PICTURES = 4096  # of the first layer; a wider one is cut


@dataclass(frozen=True)
class Saved:
    """A checkpoint of a run by its place: `epoch` is a fraction where it was saved within one."""

    name: str
    step: int
    epoch: float


@dataclass(frozen=True)
class Pictures:
    """The first layer's weights: `images` `(pictures, rows, columns)`, and one scale for all of them."""

    images: Array
    names: tuple[str, ...]
    words: str  # what they show, in a sentence

    @property
    def scale(self) -> float:
        """Where the colours of the scale end: but for one in 200, no weight is larger."""
        return float(np.quantile(np.abs(self.images), 0.995)) or float(np.abs(self.images).max()) or 1.0


@dataclass(frozen=True)
class Look:
    """What a network at a checkpoint makes of the validation split."""

    saved: Saved
    weights: Mapping[str, Array]  # by parameter name
    certainties: Array  # (examples, classes): the probabilities
    labels: Array  # (examples,)
    layers: list[dict[str, Any]]  # as `inspection` measures them; without `change` where nothing recorded it

    @cached_property
    def predictions(self) -> Array:
        """`(examples,)`: the class of the largest probability."""
        return self.certainties.argmax(axis=1)

    @property
    def error(self) -> float:
        """Fraction that is predicted wrongly."""
        return float((self.predictions != self.labels).mean())

    @cached_property
    def confusion(self) -> Array:
        """`(classes, classes)` int64: how many examples of a label (row) got a prediction (column)."""
        classes = self.certainties.shape[1]
        return np.bincount(self.labels * classes + self.predictions, minlength=classes**2).reshape(classes, classes)

    @cached_property
    def mistakes(self) -> Array:
        """Indices of the examples that are predicted wrongly, the most confident first."""
        return self._confident_first(self.predictions != self.labels)

    def cell(self, label: int, prediction: int) -> Array:
        """Indices of the examples in a cell of the confusion matrix, the most confident first."""
        return self._confident_first((self.labels == label) & (self.predictions == prediction))

    def _confident_first(self, chosen: Array) -> Array:
        indices = np.flatnonzero(chosen)
        confidence = self.certainties[indices].max(axis=1)
        return indices[np.argsort(-confidence, kind="stable")]


class Looker:
    """Holds the validation split of a run and a network into which any of its checkpoints can be loaded.

    Making it reads the data: `DataError`, `SchemaError`, `SettingError`.
    """

    def __init__(self, path: Path) -> None:
        directory = RunDirectory(path)
        self._store = CheckpointStore(directory)
        self._steps = int(directory.read()["steps_per_epoch"])
        self.config = config = directory.config()
        splits = _splits(directory)
        validation = splits["validation"]
        self.inputs, self.labels = validation.inputs, validation.labels  # (examples, rows, columns), (examples,)
        self.classes, self.shape = validation.classes, validation.inputs.shape[1:]
        self.plan = resolve_network(config.network_config, self.shape, self.classes)
        self._recorded, self._validation = RecordedInspections(directory.metrics), validation
        self._learner = ScratchEngine().build(config.network_config, OptimizerConfig(), splits=splits, seed=0)

    def saved(self) -> list[Saved]:
        """The checkpoints that are there now, the oldest first."""
        steps = [(name, step_of(name) or 0) for name in reversed(self._store.names())]
        return [Saved(name, step, step / self._steps) for name, step in steps]

    def load(self, name: str) -> dict[str, Array]:
        """Take the weights of a checkpoint, and return them; `CheckpointError`."""
        own = self._learner.state_dict()
        checkpoint = read_checkpoint(self._store.path(name))
        weights = _weights(checkpoint, own)
        try:
            self._learner.load_state_dict(own | weights)
        except ValueError as error:
            raise CheckpointError(f"it does not fit the run's network: {error}") from None
        return weights

    def certainties(self, inputs: Array) -> Array:
        """Probabilities `(examples, classes)` for inputs stored as the data set's are."""
        return certainties(self._learner.predict(inputs), self.config.loss)

    def look(self, saved: Saved) -> Look:
        """What a checkpoint makes of the validation split; `CheckpointError`."""
        weights = self.load(saved.name)
        return Look(saved, weights, self.certainties(self.inputs), self.labels, self._layers(saved))

    def _layers(self, saved: Saved) -> list[dict[str, Any]]:
        """What the run recorded of its layers at the end of this epoch, or else what the loaded weights say."""
        recorded = self._recorded.at(round(saved.epoch)) if saved.epoch == round(saved.epoch) else None
        return recorded.layers if recorded is not None else self.inspect()

    def inspect(self) -> list[dict[str, Any]]:
        """The layers of the checkpoint that was loaded last, looked into now; how far they moved is not known."""
        inspector = Inspector(self.config.network_config, self._validation)
        inspector.begin(self._learner)
        layers = inspector(self._learner)
        for layer in layers:
            for parameter in layer.get("parameters", {}).values():
                for unknown in ("change", "still", "still_count"):
                    parameter.pop(unknown, None)
        return layers


def _splits(directory: RunDirectory) -> dict[str, Dataset]:
    """The run's own validation split, and of the training split no more than how it is scaled."""
    loaded = data.load_validation(directory.config())
    recorded = {file["name"]: file["sha256"] for file in directory.read()["data"]}
    for file in loaded.files:
        if recorded.get(file.name) != file.sha256:
            raise DataError(file.name, "is not the file that this run was trained on: its SHA-256 differs")
    return loaded.splits


def _weights(checkpoint: Checkpoint, own: Mapping[str, Array]) -> dict[str, Array]:
    """The parameters and statistics of a checkpoint; `CheckpointError` where one is missing."""
    names = [name for name in own if not name.startswith(("optimizer.", "random."))]
    if missing := [name for name in names if name not in checkpoint.tensors]:
        raise CheckpointError(f"it has no {missing[0]}")
    return {name: checkpoint.tensors[name] for name in names}


def certainties(logits: Array, loss: str) -> Array:
    """Probabilities `(examples, classes)` float64: the softmax; for mean squared error the outputs as they are."""
    values = np.nan_to_num(logits.astype(np.float64))
    if loss == "mean-squared-error":
        return values
    shares = np.exp(values - values.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def first_weights(plan: Sequence[Layer], weights: Mapping[str, Array]) -> Pictures | str:
    """The weights nearest to the pixels as pictures, or a sentence that says why they make none."""
    seen: tuple[int, ...] = ()
    for layer in plan:
        if layer.kind == "flatten":
            seen = layer.input_shape[-2:] if len(layer.input_shape) < 3 or layer.input_shape[0] == 1 else ()
        if layer.kind == "conv2d":
            return _filters(layer, weights[f"{layer.name}.weight"])
        if layer.kind == "linear":
            weight = weights[f"{layer.name}.weight"]
            last = next(other for other in reversed(plan) if other.kind == "linear")
            return _templates(layer, weight, seen, named=layer is last) if seen else _no_picture(layer)
    return "This network has no weights that see pixels."


def _templates(layer: Layer, weight: Array, shape: tuple[int, ...], *, named: bool) -> Pictures:
    """`named`: its units are the classes."""
    images = weight[:MOST_PICTURES].reshape(-1, *shape)  # (units, rows, columns)
    what = "class" if named else "unit"
    words = f"{layer.name}: what each {what} looks for, {shape[0]}×{shape[1]} weights each"
    names = tuple(f"{i}" if named else f"unit {i}" for i in range(len(images)))
    return Pictures(images, names, words)


def _filters(layer: Layer, weight: Array) -> Pictures:
    outputs, inputs, rows, columns = weight.shape
    images = weight.reshape(-1, rows, columns)[:MOST_PICTURES]
    words = f"{layer.name}: its {outputs} filters, {rows}×{columns} weights each, slid over the picture"
    names = tuple(f"{i // inputs}" if inputs == 1 else f"{i // inputs}·{i % inputs}" for i in range(len(images)))
    return Pictures(images, names, words)


def _no_picture(layer: Layer) -> str:
    return f"{layer.name}, the first layer with weights, sees {layer.input_shape[0]} features and no pixels."
