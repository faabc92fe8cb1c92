"""The screens of the app: a line each. Footer, help, tabs and palette come from this table."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tui_trainer.tui.commands import Command


@dataclass(frozen=True)
class ScreenEntry:
    """A screen: the key that opens it, its name, the module under `screens/` that hands it over as `SCREEN`."""

    key: str
    name: str
    module: str
    help: str

    def load(self) -> Any:
        """The screen, imported only now."""
        return import_module(f"tui_trainer.tui.screens.{self.module}").SCREEN()

    @property
    def command(self) -> Command:
        """The command that opens it."""
        return Command(self.key, f"open('{self.module}')", self.name, self.help, footer=False)


SCREENS: tuple[ScreenEntry, ...] = (
    ScreenEntry("1", "Train", "train", "Choose settings, start a run, and watch it learn."),
    ScreenEntry("2", "Curves", "curves", "Look at the curves of one run or many."),
    ScreenEntry("3", "Runs", "runs", "All runs: open, resume, fork, compare, rename, delete, export."),
    ScreenEntry("4", "Inside", "inside", "Look inside the network: weights, confusions, mistakes, layers."),
    ScreenEntry("5", "Draw", "draw", "Draw a digit, and see what the network makes of it."),
    ScreenEntry("6", "Duel", "duel", "Train the same settings on both engines, and see how far they differ."),
    ScreenEntry("7", "Lessons", "lesson", "Ask, predict, run, and see what happened: short lessons."),
)
