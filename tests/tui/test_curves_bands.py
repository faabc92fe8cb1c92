"""Runs that differ in their seeds alone are drawn as a median and a band, whose numbers are those of the runs."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from driving import press, settle
from run_directories import trained, write_run
from scripted import Clock

from tui_trainer.config import resolve
from tui_trainer.store import RunReader
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bands import alike, band
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.curve_view import View

Steps = Callable[[Any, View], Awaitable[None]]
EPOCHS = (12, 12, 12, 7)  # the last seed trains still
PACES = (1.0, 0.8, 1.3, 0.9)


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Four runs that differ in their seeds, and one with another learning rate."""
    monkeypatch.chdir(tmp_path)
    folder, made = Path("runs"), []
    for seed, (count, pace) in enumerate(zip(EPOCHS, PACES, strict=True)):
        run = write_run(folder, f"20261123-15421{seed}-k3f{seed}", trained(count, pace=pace), seed=seed)
        made.append(run.path)
    other = write_run(folder, "20261123-154299-zzzz", trained(12), seed=0, learning_rate=0.1)
    return [*made, other.path]


def on_curves(paths: list[Path], steps: Steps) -> None:
    """Open Curves on these runs and do something there."""

    async def session() -> None:
        bench = Bench(resolve({}), Path("runs"), attach=paths[0], clock=Clock())
        bench.pinned = paths[1:]
        app = TrainerApp(bench, ascii=False, preferences_path=Path("runs/app.json"))
        async with app.run_test(size=(120, 40)) as pilot:
            await press(pilot, "2")
            await settle(pilot)
            screen: Any = app.screen
            await steps(pilot, screen.view)

    asyncio.run(session())


def curve(path: Path) -> list[float]:
    return list(RunReader(path).read().curves["validation_loss"].values)


def test_median_and_ends_are_those_of_the_seeds_at_each_epoch(seeds: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        group = alike(view.overlay.visible)[0]
        assert [shown.path for shown in group] == seeds[:4]
        found = band([view.track(shown, "validation") for shown in group])
        curves = [curve(path) for path in seeds[:4]]
        assert found.xs == list(range(1, 13))
        for place in range(12):
            there = [values[place] for values in curves if place < len(values)]
            assert (found.low[place], found.high[place]) == (min(there), max(there))
            assert found.middle[place] == median(there)

    on_curves(seeds, steps)


def test_b_draws_the_seeds_as_one_and_the_other_run_by_itself_and_b_draws_each_again(seeds: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        assert len(view._series(("validation",))) == 5
        await press(pilot, "b")
        series = view._series(("validation",))
        assert [part.faint for part in series] == [False, False, True]
        middle, alone, hatched = series
        assert len(middle.xs) == len(alone.xs) == 12
        assert list(alone.ys) == curve(seeds[4])
        assert len(hatched.xs) == 24
        assert (min(hatched.ys), max(hatched.ys)) == (
            min(min(curve(path)) for path in seeds[:4]),
            max(max(curve(path)) for path in seeds[:4]),
        )
        assert "median and band of 4 seeds" in view._title(("validation",))
        drawn = [view.slot_of(shown) for shown in view.overlay.runs]
        assert drawn[:4] == [middle.slot] * 4, "all rows of the legend have the mark that is drawn"
        assert drawn[4] == alone.slot != middle.slot
        await press(pilot, "b")
        assert len(view._series(("validation",))) == 5

    on_curves(seeds, steps)


def test_a_value_that_is_not_finite_is_left_out_and_where_none_is_there_is_a_gap(seeds: list[Path]) -> None:
    runs = [
        write_run(Path("runs"), f"nan-{seed}", trained(5, nan_from=stop), seed=seed).path
        for seed, stop in enumerate((3, 4, 4))
    ]

    async def steps(pilot: Any, view: View) -> None:
        found = band([view.track(shown, "training") for shown in view.overlay.visible])
        assert [math.isfinite(value) for value in found.middle] == [True, True, True, False, False]

    on_curves(runs, steps)


def test_where_there_is_no_band_it_says_so(seeds: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await press(pilot, "b")
        (said,) = pilot.app._notifications
        assert "no band to draw" in said.message
        assert len(view._series(("validation",))) == 2

    on_curves([seeds[0], seeds[4]], steps)


def test_in_seconds_each_run_is_drawn_by_itself(seeds: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await press(pilot, "b", "x", "x")
        assert view.axis.name == "seconds"
        assert len(view._series(("validation",))) == 5

    on_curves(seeds, steps)
