"""Runs with real trainers: a run that is done is trained further, and forked with another learning rate."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_runs import new_run
from textual.widgets import Input

from tui_trainer.config import resolve
from tui_trainer.run import train_run
from tui_trainer.store import RunDirectory, RunReader, is_alive
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.panels.fields import Field
from tui_trainer.tui.screens.ask import AskText
from tui_trainer.tui.screens.ask_fork import AskFork
from tui_trainer.tui.screens.runs import RunsScreen
from tui_trainer.tui.screens.train import TrainScreen

PATIENCE = 120.0  # seconds; a deadline for a machine that is busy, not a time that is expected


async def until(pilot: Any, happened: Callable[[], Any]) -> None:
    """Wait for something that a trainer or the app does."""
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await pilot.pause(0.05)


async def test_a_finished_run_is_trained_further_and_forked(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = new_run(small_mnist, Path("runs"))
    train_run(first.path)
    app = TrainerApp(Bench(resolve({}), Path("runs")), ascii=False, preferences_path=Path("app.json"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        await until(pilot, lambda: screen.table.names and screen.runs.rows)

        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        app.screen.query_one(Input).value = "2"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await until(pilot, lambda: RunReader(first).read().status == "done" and RunReader(first).read().epoch == 5)
        await until(pilot, lambda: not is_alive(first))

        await pilot.press("3")
        await until(pilot, lambda: screen.runs.rows[first.id].epoch == 5)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, AskFork))
        app.screen.query_one("#field-learning_rate", Field).give("0.005")
        app.screen.query_one("#field-epochs", Field).give("7")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.bench.directory != first.path)
        assert app.bench.directory is not None
        fork = RunDirectory(app.bench.directory)
        await until(pilot, lambda: RunReader(fork).read().ended and not is_alive(fork))
    told = RunReader(fork).read()
    assert (told.status, told.epoch, told.config.learning_rate) == ("done", 7, 0.005)
    assert fork.read()["parent"]["run"] == first.id
