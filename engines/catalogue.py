"""Finds engines by name among the installed entry points, and imports only the one that is asked for."""

from importlib.metadata import entry_points

from engines.interface import Engine

GROUP = "tui_trainer.engines"


def engine_names() -> tuple[str, ...]:
    """The names of all installed engines, `scratch` first; imports none of them."""
    names = {entry.name for entry in entry_points(group=GROUP)}
    return tuple(sorted(names, key=lambda name: (name != "scratch", name)))


def load_engine(name: str) -> Engine:
    """Import and return the engine called `name`; `ValueError` names what is allowed."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise ValueError(f"unknown engine {name!r}: choose from {', '.join(engine_names())}")
    return found[name].load()()
