"""`make pictures`: trains a few runs on real MNIST and takes the pictures of every screen for docs/pictures/."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tui_trainer.config import resolve
from tui_trainer.run import create, train_run
from tui_trainer.store import RunDirectory
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench

PICTURES = Path(__file__).resolve().parent / "pictures"
SIZES = [(120, 40), (80, 24)]
RUNS: Sequence[dict[str, Any]] = (
    {"title": "the assignment", "epochs": 60, "seed": 1, "keep_every": 5},
    {"title": "dead classes", "epochs": 40, "seed": 3, "keep_every": 5},
    {"title": "without the ReLU", "network": "softmax", "epochs": 40},
    {
        "title": "a hidden layer",
        "network": "mlp",
        "init": "he",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "epochs": 12,
    }
    | {"keep_every": 1},
)
SEVEN = ("space", *["right"] * 9, *["down", "down", "left"] * 6)  # pen down, a bar, a slanted stem


def train(folder: Path) -> list[Path]:
    """Real runs, the last of them the newest."""
    made = []
    for settings in RUNS:
        directory = create(resolve(settings), folder)
        train_run(directory)
        made.append(directory)
    return made


async def settled(pilot: Any) -> None:
    """All that was asked for is done and drawn."""
    for _ in range(4):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()


async def take(name: str, run: Path | None, runs: Path, keys: Sequence[str]) -> None:
    """One screen in each size, after these keys; of a run, as `tui-trainer attach` opens it."""
    config = resolve({}) if run is None else RunDirectory(run).config().replace(title="")
    for size in SIZES:
        app = TrainerApp(Bench(config, runs, attach=run), ascii=False, preferences_path=runs / "app.json")
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            for key in keys:
                await pilot.press(key)
                await settled(pilot)
            columns, rows = size
            (PICTURES / f"{name}-{columns}x{rows}.svg").write_text(app.export_screenshot(title="tui-trainer"))
        print(f"{name} {size[0]}×{size[1]}", flush=True)


async def take_duel(runs: Path) -> None:
    """A duel of a few epochs, when it is over."""
    for columns, rows in SIZES:
        app = TrainerApp(Bench(resolve({"epochs": 6}), runs), ascii=False, preferences_path=runs / "app.json")
        async with app.run_test(size=(columns, rows)) as pilot:
            await pilot.press("6", "s")
            while "done" not in (picture := app.export_screenshot(title="tui-trainer")):
                await pilot.pause(0.2)
            (PICTURES / f"duel-{columns}x{rows}.svg").write_text(picture)
        print(f"duel {columns}×{rows}", flush=True)


async def take_all(folder: Path) -> None:
    """Every screen."""
    assignment, dead, _, hidden = train(folder)
    await take("start", None, folder, [])
    await take("train", assignment, folder, [])
    await take("finding", dead, folder, [])
    await take("curves", hidden, folder, ["3", "a", "v", "m"])
    await take("runs", None, folder, ["3"])
    await take("inside", hidden, folder, ["4"])
    await take("templates", assignment, folder, ["4"])
    await take("confusion", dead, folder, ["4", "c"])
    await take("mistakes", hidden, folder, ["4", "m"])
    await take("draw", hidden, folder, ["5", *SEVEN])
    await take_duel(folder)
    await take("lessons", None, folder, ["7", "enter"])
    await take("help", assignment, folder, ["question_mark"])


def main() -> None:
    """Write all pictures anew."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the pictures name the runs from there
        asyncio.run(take_all(Path("runs")))


if __name__ == "__main__":
    main()
