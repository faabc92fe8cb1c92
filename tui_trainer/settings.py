"""What is known of one setting: its words, its allowed values, and how text becomes a value of its type."""

import difflib
import math
from dataclasses import dataclass
from typing import Any


class SettingError(ValueError):
    """A setting that cannot be: which, and in one line what is allowed."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name.replace('_', '-')}: {problem}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True)
class Setting:
    """What is known of one setting: the words for people, the values that it may take, whether it can change live."""

    help: str
    group: str = "run"
    choices: tuple[str, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf
    above: float = -math.inf  # exclusive
    below: float = math.inf  # exclusive
    live: bool = False  # can be changed while the run trains

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value of the right type, or None."""
        if self.choices and value not in self.choices:
            return f"{value!r} is unknown: choose from {', '.join(self.choices)}{closest(value, self.choices)}"
        if isinstance(value, tuple):
            return next(filter(None, map(self.problem, value)), None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        inside = self.minimum <= value <= self.maximum and self.above < value < self.below
        return None if inside else f"must be {self.range()}, not {value:g}"

    def range(self) -> str:
        """The allowed numbers, in words."""
        words = [
            f"at least {_plain(self.minimum)}" if self.minimum > -math.inf else "",
            f"above {self.above:g}" if self.above > -math.inf else "",
            f"at most {_plain(self.maximum)}" if self.maximum < math.inf else "",
            f"below {self.below:g}" if self.below < math.inf else "",
        ]
        return " and ".join(filter(None, words)) or "a finite number"


def _plain(bound: float) -> str:
    """A bound in digits: 10,000,000, not 1e+07."""
    return f"{int(bound):,}" if bound == int(bound) else f"{bound:g}"


def closest(value: Any, choices: tuple[str, ...]) -> str:
    """A hint at what was probably meant, or nothing."""
    near = difflib.get_close_matches(str(value), choices, 1)
    return f" (did you mean {near[0]}?)" if near else ""


def number(name: str, value: Any, kind: type) -> int | float:
    """A finite number of the asked kind from a number or its text; `SettingError` when it is none."""
    word = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingError(name, f"must be {word}, not {value!r}")
    try:
        number = float(value) if not isinstance(value, int) else value
        if isinstance(value, str) and kind is int:
            number = int(value.replace("_", "").replace(",", ""))
        finite = math.isfinite(number)
    except (ValueError, OverflowError):
        raise SettingError(name, f"must be {word}, not {value!r}") from None
    if not finite or (kind is int and number != int(number)):
        raise SettingError(name, f"must be {word}, not {value!r}")
    return kind(number)


def boolean(name: str, value: Any) -> bool:
    """True or false from itself or its text; `SettingError` when it is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "yes", "false", "no"):
        return value.lower() in ("true", "yes")
    raise SettingError(name, f"must be true or false, not {value!r}")
