"""`tui-trainer presets | engines | networks`: what there is to choose from, one line each."""

from engines import engine_names, load_engine
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
        engine = load_engine(name)
        problem = engine.missing()
        lines[name] = engine.summary + (f" (not usable here: {problem})" if problem else "")
    _table(lines)


def networks() -> None:
    """List the networks."""
    _table(SUMMARIES)


def _table(lines: dict[str, str]) -> None:
    width = max(map(len, lines))
    for name, text in lines.items():
        say(f"{name:<{width}}  {text}")
