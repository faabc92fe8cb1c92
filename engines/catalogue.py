"""Finds engines by name among the installed entry points, and imports only the one that is asked for."""

import functools
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from engines.interface import Engine  # which imports NumPy: not needed to name engines

GROUP = "tui_trainer.engines"
OURS = ("scratch", "pytorch")  # always there, in the order in which they are named


@functools.cache
def _installed(path: tuple[str, ...]) -> "dict[str, EntryPoint]":
    """The entry points by name; looking through all of `sys.path` takes tens of milliseconds."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def is_engine(name: object) -> bool:
    """Whether there is an engine of this name; quick for ours."""
    return name in OURS or name in engine_names()


def engine_names() -> tuple[str, ...]:
    """The names of all installed engines, `scratch` first; imports none of them."""
    return tuple(sorted(_installed((*sys.path,)), key=lambda name: (name != "scratch", name)))


def engine_problem(name: str) -> str | None:
    """Why an engine cannot be used here, in a line; None where it can."""
    try:
        return load_engine(name).missing()
    except Exception as error:  # an engine may be somebody else's code: whatever it raises is such a line
        return f"cannot be loaded: {type(error).__name__}: {' '.join(str(error).split())}"


def load_engine(name: str) -> "Engine":
    """Import and return the engine called `name`; `ValueError` names what is allowed."""
    found = _installed((*sys.path,))
    if name not in found:
        raise ValueError(f"unknown engine {name!r}: choose from {', '.join(engine_names())}")
    return found[name].load()()
