"""An app over runs that lie on disk: real readers and checkpoints, a clock that stands still, no trainer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from made_runs import T0
from scripted import Clock

from tui_trainer.config import resolve
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench

SMALL, LARGE = (80, 24), (120, 40)
SIZES = [(SMALL, False), (LARGE, False), (SMALL, True)]
SIZE_NAMES = ["80x24", "120x40", "ascii"]


def app_over(
    run: Path | None, folder: Path, *, ascii: bool = False, theme: str | None = None, runs: Path | None = None
) -> TrainerApp:
    """An app that looks at a run, or at none."""
    where = runs or (run.parent if run else folder)
    bench = Bench(resolve({}), where, attach=run, clock=Clock(T0 + 200))
    app = TrainerApp(bench, ascii=ascii, preferences_path=folder / "app.json")
    if theme is not None:
        app.theme = theme
    return app


async def settled(pilot: Any) -> None:
    """All that was asked for is done and drawn."""
    await pilot.pause()
    while not all(worker.is_finished for worker in pilot.app.workers):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


def keys(*pressed: str | tuple[str, ...]) -> Callable[[Any], Any]:
    """Press these one by one, and wait each time until all is drawn; the keys of a tuple are one."""

    async def press(pilot: Any) -> None:
        for key in pressed:
            await pilot.press(*([key] if isinstance(key, str) else key))
            await settled(pilot)

    return press
