"""What a duel measures at each epoch, and how it is written as a line of JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One engine's epoch: means over its batches while the weights moved, and the validation split after it."""

    training_loss: float
    training_error: float
    validation_loss: float
    validation_error: float
    seconds: float  # of this epoch, validation included
    memory: int | None  # bytes: the largest that its process ever held; None where the system does not say


@dataclass(frozen=True)
class Round:
    """An epoch of both engines; epoch 0 compares the weights that they start from, and has no measures."""

    epoch: int
    weights: float  # the largest difference of any number that training changes in the network
    parameter: str  # the name of the array that has it
    loss: float  # the largest difference of the loss of any step of the epoch
    sides: Mapping[str, Measured] = field(default_factory=dict)  # by engine

    def to_record(self) -> dict[str, Any]:
        """JSON values; what is not finite becomes null."""
        record = asdict(self)
        record["sides"] = {name: _strict(asdict(side)) for name, side in self.sides.items()}
        return _strict(record)


def _strict(record: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()}


def to_line(value: Round) -> str:
    """One line of strict JSON."""
    return json.dumps(value.to_record(), allow_nan=False)


def from_line(line: str | bytes) -> Round:
    """The round of a line; `ValueError` where it is none. A null stands for what was not finite."""
    record = json.loads(line)
    try:
        sides = {name: Measured(**_numbers(side)) for name, side in record.pop("sides").items()}
        return Round(sides=sides, **_numbers(record))
    except (TypeError, KeyError, AttributeError):
        raise ValueError("this line is no round of a duel") from None


def _numbers(record: Mapping[str, Any]) -> dict[str, Any]:
    return {k: math.nan if v is None and k != "memory" else v for k, v in record.items()}
