"""The app with a real trainer: a process of its own, on the real MNIST, that is paused, goes on, and ends."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from tui_trainer.config import resolve
from tui_trainer.history import History
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.panels.progress import Summary

PATIENCE = 120.0  # seconds; a deadline for a machine that is busy, not a time that is expected


async def until(pilot: Any, happened: Callable[[], Any]) -> None:
    """Wait for something that the trainer does, and let the app see it."""
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await pilot.pause(0.05)


def history(app: TrainerApp) -> History:
    """The run that the app looks at."""
    assert app.bench.history is not None
    return app.bench.history


@pytest.fixture
def benches() -> Iterator[list[Bench]]:
    """What a test opens goes in here: no trainer outlives a test that fails."""
    opened: list[Bench] = []
    yield opened
    for bench in opened:
        if bench.history is not None and bench.history.pid and bench.reader is not None and bench.reader.alive:
            os.kill(bench.history.pid, signal.SIGKILL)


async def test_a_run_on_mnist_starts_pauses_goes_on_and_shows_its_summary(tmp_path: Path, benches: list[Bench]) -> None:
    bench = Bench(resolve({"epochs": 1000, "train_examples": 60_000, "seed": 3}), tmp_path / "runs")
    benches.append(bench)
    app = TrainerApp(bench, ascii=False, preferences_path=tmp_path / "app.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.press("s")
        await until(pilot, lambda: bench.history is not None and history(app).step > 0)
        await pilot.press("space")
        await until(pilot, lambda: history(app).status == "paused")
        step = history(app).step
        assert history(app).checkpoint is not None
        assert bench.living
        await pilot.pause(0.5)
        assert history(app).step == step

        epochs = max(4, history(app).epoch + 2)  # so many that it cannot end before it is paused, and then few
        bench.request("set", name="epochs", value=epochs)
        await until(pilot, lambda: history(app).epochs == epochs)
        await pilot.press("space")
        await until(pilot, lambda: history(app).ended)
        assert (history(app).status, history(app).epoch) == ("done", epochs)
        assert history(app).step == epochs * 1875
        accuracy = history(app).accuracy("validation")["final"]
        assert accuracy is not None
        assert accuracy > 0.7
        await until(pilot, lambda: app.screen.has_class("-over"))
        words = app.screen.query_one(Summary).render().plain
        assert "Done" in words
        assert f"{accuracy * 100:.2f} %" in words
        checkpoint = history(app).checkpoint
        assert checkpoint is not None
        assert bench.directory is not None
        assert (bench.directory / "checkpoints" / checkpoint.name).exists()
        await pilot.press("l")
        assert app.screen.query_one("#text", Static)


async def test_a_run_goes_on_without_the_app_and_is_found_again(tmp_path: Path, benches: list[Bench]) -> None:
    bench = Bench(resolve({"epochs": 100_000, "train_examples": 2_000}), tmp_path / "runs")
    benches.append(bench)
    app = TrainerApp(bench, ascii=False, preferences_path=tmp_path / "app.json")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.press("s")
        await until(pilot, lambda: bench.history is not None and history(app).epoch > 1)
        await pilot.press("q", "enter")
        await pilot.pause()
    assert bench.directory is not None

    again = Bench(resolve({}), tmp_path / "runs", attach=bench.directory)
    app = TrainerApp(again, ascii=False, preferences_path=tmp_path / "app.json")
    async with app.run_test(size=(80, 24)) as pilot:
        assert again.living
        seen = history(app).epoch
        await until(pilot, lambda: history(app).epoch > seen)
        again.trainers.request(bench.directory, "set", name="learning_rate", value=0.02)
        await until(pilot, lambda: history(app).settings.get("learning_rate") == 0.02)
        await pilot.press("x")
        await until(pilot, lambda: history(app).ended)
        assert history(app).status == "stopped"
        assert history(app).checkpoint is not None
        await until(pilot, lambda: not again.living)
