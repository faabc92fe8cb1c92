"""The data of a run: found, checked, sampled, scaled, ordered."""

from tui_trainer.data.idx import DataFile
from tui_trainer.data.loading import Loaded, Survey, check, input_shape, load, load_validation, survey
from tui_trainer.data.order import epoch_order
from tui_trainer.data.source import DataError

__all__ = [
    "DataError",
    "DataFile",
    "Loaded",
    "Survey",
    "check",
    "epoch_order",
    "input_shape",
    "load",
    "load_validation",
    "survey",
]
