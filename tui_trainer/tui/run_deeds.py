"""What can be done with runs from the table: each asks what it must know, and raises a sentence where it cannot be."""

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual.screen import Screen

from tui_trainer.export import export
from tui_trainer.store import CheckpointStore, Overview, RunDirectory, changed_settings, delete_run
from tui_trainer.store.checkpoints import step_of
from tui_trainer.text import typed_path
from tui_trainer.tui.overlay import turn_pins
from tui_trainer.tui.panels.pick import Option, PickOne
from tui_trainer.tui.run_list import RunList
from tui_trainer.tui.screens.ask import AskText
from tui_trainer.tui.screens.ask_fork import MORE_EPOCHS, AskFork
from tui_trainer.tui.screens.compare import CompareScreen
from tui_trainer.tui.trainers import Reader

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp

KEEP, DELETE = "keep", "delete for good"
LONGEST_NAME = 200
Answer = TypeVar("Answer")


class Refused(ValueError):
    """It cannot be done, and why."""


class RunDeeds:
    """The deeds, on the runs of one list. `names` are the marked ones, or the one under the cursor."""

    def __init__(self, app: "TrainerApp", runs: RunList) -> None:
        self.app, self.bench, self.runs = app, app.bench, runs

    def row(self, name: str) -> Overview:
        """What is known of a run."""
        row = self.runs.rows.get(name)
        if row is None:
            raise Refused(self.runs.broken.get(name, f"{name} was not read yet"))
        return row

    async def _ask(self, screen: Screen[Answer]) -> Answer | None:
        """What a dialog ends with."""
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        await self.app.push_screen(screen, lambda given: None if answer.done() else answer.set_result(given))
        return await answer

    # -- looking -------------------------------------------------------------

    async def open(self, names: list[str]) -> None:
        """Look at a run on Train, with its settings for the next; in a thread, for a long run takes a while to read."""
        path = self.runs.path(names[0])
        reader = await asyncio.to_thread(self._read, path)
        self.bench.look_at(path, reader)
        self.bench.config = reader.history.config.replace(title="")
        self.app.action_open("train")

    def _read(self, path: Path) -> Reader:
        reader = self.bench.trainers.open(path)
        reader.poll()
        return reader

    async def curves(self, names: list[str]) -> None:
        """Show Curves, which reads them: the marked runs and no others, or this one beside those that are shown."""
        if self.runs.marked:
            self.bench.pinned = []
        new = [path for name in names if (path := self.runs.path(name)) not in self.bench.pinned]
        if new:
            turn_pins(self.bench, new)
        self.app.action_open("curves")

    async def compare(self, names: list[str]) -> None:
        """Two runs or more, side by side."""
        if len(names) < 2:
            raise Refused("mark two runs or more with space, then compare them")
        directories = [RunDirectory(self.runs.path(name)) for name in names]
        abouts = [directory.read() for directory in directories]
        changes = await asyncio.to_thread(lambda: [changed_settings(directory) for directory in directories])
        await self._ask(CompareScreen([self.row(name) for name in names], abouts, changes))

    # -- training on ---------------------------------------------------------

    async def resume(self, names: list[str]) -> None:
        """Go on from the newest checkpoint; a run that is done is asked for how long."""
        name, row = names[0], self.row(names[0])
        if row.alive:
            raise Refused(f"{name} is being trained: Enter looks at it")
        epochs = None
        if row.epoch >= row.epochs:
            title = f"{row.title or name} has done its {row.epochs:,} epochs. How many more?"
            more = await self._ask(AskText(title, "a whole number", str(MORE_EPOCHS), _not_whole))
            if more is None:
                return
            epochs = row.epochs + int(more)
        self.bench.trainers.resume(self.runs.path(name), epochs)
        self.runs.forget(name)
        await self.open([name])

    async def fork(self, names: list[str]) -> None:
        """Branch from a checkpoint; asks what is to be otherwise. In a thread, for the data is checked."""
        from tui_trainer.run.fork import KEPT_BY_A_FORK, config_at

        name, row = names[0], self.row(names[0])
        directory = RunDirectory(self.runs.path(name))
        per_epoch = int(directory.read()["steps_per_epoch"])
        steps = [step_of(checkpoint) or 0 for checkpoint in CheckpointStore(directory).names()]
        if not steps:
            raise Refused(f"{name} has no checkpoint to branch from")
        epochs = [step // per_epoch for step in steps if step % per_epoch == 0]
        config = partial(config_at, directory)
        ask = AskFork(row.title or name, config, epochs, max(steps) // per_epoch, KEPT_BY_A_FORK)
        asked = await self._ask(ask)
        if asked is not None:
            made = await asyncio.to_thread(self.bench.trainers.fork, directory.path, self.bench.runs, *asked)
            self.runs.forget(made.name)
            await self.open([made.name])

    # -- keeping order -------------------------------------------------------

    async def rename(self, names: list[str]) -> None:
        """Another name for people; the directory keeps its own."""
        ask = AskText(f"A name for {names[0]}", "empty: its id", self.row(names[0]).title, _too_long)
        title = await self._ask(ask)
        if title is not None:
            path = self.runs.path(names[0])
            RunDirectory(path).rename(title)
            self.runs.forget(names[0])
            if path == self.bench.directory:
                self.bench.title = title

    async def delete(self, names: list[str]) -> None:
        """Asks first; what trains is not deleted."""
        alive = [name for name in names if name in self.runs.rows and self.row(name).alive]
        if alive:
            raise Refused(f"{', '.join(alive)}: being trained, so not deleted; stop it first")
        what = names[0] if len(names) == 1 else f"{len(names):,} runs"
        options = [Option(KEEP, "nothing is changed"), Option(DELETE, "settings, curves and checkpoints are gone")]
        if await self._ask(PickOne(f"Delete {what}?", options, KEEP)) == DELETE:
            for name in names:
                await asyncio.to_thread(delete_run, RunDirectory(self.runs.path(name)), self.bench.runs)
                self._let_go(name)

    def _let_go(self, name: str) -> None:
        path = self.runs.path(name)
        if self.bench.directory == path:
            self.bench.close()
        self.bench.pinned = [pinned for pinned in self.bench.pinned if pinned != path]
        self.runs.marked.discard(name)
        self.runs.forget(name)

    async def export(self, names: list[str]) -> str | None:
        """The curves as CSV; where they were written."""
        first = f"{names[0]}.csv" if len(names) == 1 else f"{len(names)}-runs.csv"
        ask = AskText("Write the curves as CSV, a row for each epoch, to", "a new file", first, _no_new_file)
        text = await self._ask(ask)
        if text is None:
            return None
        target = typed_path(text)
        readers = [await asyncio.to_thread(self._read, self.runs.path(name)) for name in names]
        await asyncio.to_thread(export, target, [reader.history for reader in readers])
        return f"written: {target}"


def _not_whole(text: str) -> str:
    good = text.isascii() and text.isdecimal() and int(text[:9]) > 0 and len(text) < 8
    return "" if good else "must be a whole number above 0 and below 10,000,000"


def _too_long(text: str) -> str:
    return "" if len(text) <= LONGEST_NAME else f"must have at most {LONGEST_NAME} characters, not {len(text)}"


def _no_new_file(text: str) -> str:
    if not text:
        return "a file needs a name"
    path = typed_path(text)
    try:
        if path.exists():
            return f"{path} is already there: choose another name"
        good = path.parent.is_dir() and os.access(path.parent, os.W_OK)
    except OSError as error:
        return f"{error.strerror}: choose another name"
    return "" if good else f"{path.parent} is no directory that can be written"
