"""Steps that a test of the app is made of: find, press, type, read."""

from collections.abc import Callable
from typing import Any

from scripted import ScriptedTrainers

from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.panels.fields import Field

LARGE = (120, 40)
MakeApp = Callable[..., TrainerApp]


async def settle(pilot: Any) -> None:
    """All that was asked for is done and drawn."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    for _ in range(2):
        pilot.app.tick()
    await pilot.pause()


def field(app: TrainerApp, name: str) -> Field:
    """The field of a setting."""
    return app.screen.query_one(f"#field-{name}", Field)


def script(app: TrainerApp) -> ScriptedTrainers:
    """The trainers of the test."""
    trainers = app.bench.trainers
    assert isinstance(trainers, ScriptedTrainers)
    return trainers


def text(app: TrainerApp, widget: Any) -> str:
    """What a widget says."""
    return app.screen.query_one(widget).render().plain


async def press(pilot: Any, *keys: str) -> None:
    """Press keys, and wait until all is done and drawn."""
    await pilot.press(*keys)
    await settle(pilot)


async def type_into(pilot: Any, name: str, value: str) -> None:
    """Focus a field, open its editor, replace what is in it, keep it."""
    field(pilot.app, name).focus()
    await press(pilot, "enter", "ctrl+u", "ctrl+k", *value, "enter")
