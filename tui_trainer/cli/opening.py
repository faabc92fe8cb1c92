"""Opens the app. Nothing of it is imported before it is wanted."""

import gc
from pathlib import Path

from tui_trainer.config import RunConfig


def open_app(config: RunConfig, runs: Path, *, attach: Path | None = None) -> int:
    """Show the app until the user leaves; the exit code of the process.

    Start-up makes much and throws little away: looking for garbage meanwhile is a seventh of the time to the first
    picture. The app looks again once it has settled.
    """
    gc.disable()
    from tui_trainer.tui.app import run_app

    return run_app(config, runs, attach=attach)
