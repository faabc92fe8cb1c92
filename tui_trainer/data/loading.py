"""Loads the data of a config: found, checked, sampled by the seed, scaled."""

from dataclasses import dataclass

import numpy as np

from engines.interface import Array, Dataset
from tui_trainer.config import DEFAULT_EXAMPLES, RunConfig
from tui_trainer.data.files import SHIPPED_SHA256, SplitFiles, find, folder_of
from tui_trainer.data.idx import DataFile, read, verify
from tui_trainer.data.order import sample
from tui_trainer.data.source import DataError
from tui_trainer.settings import SettingError

SETTING_OF = {"training": "train_examples", "validation": "validation_examples"}


@dataclass(frozen=True)
class Loaded:
    """The data of a run, the files that they came from, and the config with what was left open filled in."""

    splits: dict[str, Dataset]  # training, validation
    files: tuple[DataFile, ...]
    config: RunConfig


def input_shape(config: RunConfig) -> tuple[int, ...]:
    """Rows and columns of an example; reads headers only; `DataError`."""
    return find(config.data)["training"].shape[1:]


def check(config: RunConfig) -> None:
    """Whatever can be found wrong from headers only: `DataError` of files, `SettingError` of settings."""
    _resolve(config, find(config.data))


@dataclass(frozen=True)
class Survey:
    """What a run needs to know of its data before it has them."""

    config: RunConfig  # with what was left open filled in
    files: tuple[DataFile, ...]
    input_shape: tuple[int, ...]
    classes: int


def survey(config: RunConfig) -> Survey:
    """Read and check all files as `load` does, without keeping the pictures; raises what it raises."""
    found = find(config.data)
    config = _resolve(config, found)
    labels, label_files = _read_labels(found, config)
    files, shape = [], ()
    for split, paths in found.items():
        (_, *shape), file = verify(paths.images, 3)
        _verify(file, config)
        files += [file, label_files[split]]
    return Survey(config, tuple(files), tuple(shape), _classes(labels, config))


def _classes(labels: dict[str, Array], config: RunConfig) -> int:
    classes = 1 + max(int(split.max()) for split in labels.values())
    if classes < 2:
        raise DataError(folder_of(config.data), "all labels are 0; there must be at least two classes")
    return classes


def load(config: RunConfig) -> Loaded:
    """Both splits, inputs `(examples, rows, columns)` uint8; `DataError` of files, `SettingError` of settings.

    The examples are drawn without replacement by the config's `order_seed` and keep the order of their file.
    """
    return _load(config, blank=False)


def load_validation(config: RunConfig) -> Loaded:
    """What `load` gives and raises, but with one blank training example: who looks at a network needs only its scale.

    All files are read and checked as ever.
    """
    return _load(config, blank=True)


def _load(config: RunConfig, blank: bool) -> Loaded:
    found = find(config.data)
    config = _resolve(config, found)
    labels, label_files = _read_labels(found, config)
    classes = _classes(labels, config)
    splits, files, (shift, factor) = {}, [], (0.0, 1.0)
    for split, paths in found.items():
        chosen = sample(config.order_seed, split, len(labels[split]), getattr(config, SETTING_OF[split]))
        blanked = blank and split == "training"
        if blanked and config.scale != "standard":  # which no pictures decide
            inputs, file = _blank(paths, config)
        else:
            inputs, file = _read_inputs(paths, chosen, config)
        if split == "training":
            shift, factor = _scale(config.scale, inputs)
        if blanked:
            inputs, chosen = np.zeros_like(inputs[:1]), chosen[:1]
        splits[split] = Dataset(inputs, labels[split][chosen].astype(np.int64), classes, shift, factor)
        files += [file, label_files[split]]
    return Loaded(splits, tuple(files), config)


def _resolve(config: RunConfig, found: dict[str, SplitFiles]) -> RunConfig:
    changes = {SETTING_OF[split]: _examples(config, split, files.shape[0]) for split, files in found.items()}
    if not config.partial_batch and config.batch_size > changes["train_examples"]:
        most = f"must be at most {changes['train_examples']:,}, the training examples, or no batch is whole"
        raise SettingError("batch_size", most)
    data = None if config.data is None else str(folder_of(config.data))
    return config.replace(**changes, data=data)


def _examples(config: RunConfig, split: str, there: int) -> int:
    asked = getattr(config, SETTING_OF[split])
    if asked is None:
        return min(DEFAULT_EXAMPLES[split], there)
    if asked > there:
        raise SettingError(SETTING_OF[split], f"must be at most {there:,}, the data has no more")
    return asked


def _read_labels(found: dict[str, SplitFiles], config: RunConfig) -> tuple[dict[str, Array], dict[str, DataFile]]:
    labels, files = {}, {}
    for split, paths in found.items():
        labels[split], files[split] = read(paths.labels, 1)
        _verify(files[split], config)
    return labels, files


def _read_inputs(paths: SplitFiles, chosen: Array, config: RunConfig) -> tuple[Array, DataFile]:
    inputs, file = read(paths.images, 3)
    _verify(file, config)
    return (inputs if len(chosen) == len(inputs) else inputs[chosen]), file


def _blank(paths: SplitFiles, config: RunConfig) -> tuple[Array, DataFile]:
    (_, *shape), file = verify(paths.images, 3)
    _verify(file, config)
    return np.zeros((1, *shape), np.uint8), file


def _verify(file: DataFile, config: RunConfig) -> None:
    if config.data is None and file.sha256 != SHIPPED_SHA256[file.name]:
        raise DataError(folder_of(None) / file.name, "is not the MNIST file that was shipped (SHA-256 differs)")


def _scale(scale: str, inputs: Array) -> tuple[float, float]:
    """Shift and factor; `standard` gives the pixels mean 0 and deviation 1, from a histogram, as float64 is large."""
    if scale != "standard":
        return 0.0, 1 / 255 if scale == "unit" else 1.0
    counts = sum(np.bincount(image.reshape(-1), minlength=256) for image in inputs)
    levels = np.arange(256)
    mean = float(np.average(levels, weights=counts))
    deviation = float(np.sqrt(np.average((levels - mean) ** 2, weights=counts)))
    return mean, 1 / deviation if deviation > 0 else 1.0
