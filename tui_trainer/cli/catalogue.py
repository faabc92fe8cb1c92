"""`tui-trainer presets | engines | networks`: what there is to choose from, one line each."""

from contextlib import suppress

from engines import engine_names, engine_problem, load_engine
from engines.networks import SUMMARIES
from tui_trainer.cli.console import say
from tui_trainer.config import preset, preset_names


def presets() -> None:
    """List the presets."""
    _table({name: str(preset(name).get("description", "")) for name in preset_names()})


def engines() -> None:
    """List the engines, and what those want that cannot be used here."""
    lines = {}
    for name in engine_names():
        problem = engine_problem(name)
        with suppress(Exception):  # of an engine that is somebody else's code, and cannot be loaded
            lines[name] = load_engine(name).summary
        lines[name] = f"{lines.get(name, '')} (not usable here: {problem})".strip() if problem else lines[name]
    _table(lines)


def networks() -> None:
    """List the networks."""
    _table(SUMMARIES)


def _table(lines: dict[str, str]) -> None:
    width = max(map(len, lines))
    for name, text in lines.items():
        say(f"{name:<{width}}  {text}")
