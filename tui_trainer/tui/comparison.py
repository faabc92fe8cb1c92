"""Compares runs: first what differs in how they were made, then what came out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui_trainer.store import Overview
from tui_trainer.tui.wording import percent, spent

MACHINE = ("threads", "cpu", "git_commit")


@dataclass(frozen=True)
class Line:
    """One thing of which each run has a value; `best` is the place of the best one, where there is such a thing."""

    name: str
    values: tuple[str, ...]
    best: frozenset[int] = frozenset()


def settings_that_differ(abouts: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, float]]) -> list[Line]:
    """The settings of which not all runs have the same value: from each `run.json`, and what was changed since."""
    configs = [about["config"] for about in abouts]
    names = dict.fromkeys(name for config in configs for name in config if name != "title")
    both = list(zip(configs, changes, strict=True))
    lines = [Line(name.replace("_", " "), tuple(_setting(name, *pair) for pair in both)) for name in names]
    return [line for line in lines if len(set(line.values)) > 1]


def _setting(name: str, config: Mapping[str, Any], changed: Mapping[str, float]) -> str:
    """A setting as the run began with it, and as it ended up."""
    begun, now = config.get(name), changed.get(name, config.get(name))
    return _text(begun) if begun == now else f"{_text(begun)} → {_text(now)}"


def surroundings_that_differ(abouts: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Versions, processor and data files that are not the same, for they can change the bits."""
    found: dict[str, list[str]] = {}
    places = [{**about.get("versions", {}), **{name: about.get(name) for name in MACHINE}} for about in abouts]
    for name in dict.fromkeys(name for place in places for name in place):
        found[name.replace("_", " ")] = [_text(place.get(name)) for place in places]
    found["data"] = [" ".join(str(file.get("sha256", ""))[:8] for file in about.get("data", [])) for about in abouts]
    return [Line(name, tuple(values)) for name, values in found.items() if len(set(values)) > 1]


def results(rows: Sequence[Overview]) -> list[Line]:
    """State, epochs, accuracies and time of each run."""
    return [
        Line("state", tuple(row.state for row in rows)),
        Line("epochs done", tuple(f"{row.epoch:,} of {row.epochs:,}" for row in rows)),
        _ranked("training accuracy", [row.training_accuracy for row in rows], percent),
        _ranked("validation accuracy", [row.validation_accuracy for row in rows], percent),
        _ranked("best validation accuracy", [row.best_validation_accuracy for row in rows], percent),
        Line("trained for", tuple(spent(row.seconds) for row in rows)),
    ]


def _ranked(name: str, values: Sequence[float | None], write: Callable[[float | None], str]) -> Line:
    highest = max((value for value in values if value is not None), default=None)
    best = frozenset(place for place, value in enumerate(values) if value is not None and value == highest)
    return Line(name, tuple(map(write, values)), best if len(best) < len(values) else frozenset())


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
