"""The columns of the table of runs, declared once: heading, width, what is written, what is sorted by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui_trainer.store import Overview
from tui_trainer.text import printable
from tui_trainer.tui.wording import percent, spent

NAME_WIDTH = 20  # columns that the name has at least


@dataclass(frozen=True)
class Column:
    """One column; the higher `gives_way`, the earlier it is left out where there is no room."""

    name: str
    width: int
    text: Callable[[Overview], str]
    key: Callable[[Overview], Any]
    gives_way: int = 0
    right: bool = True

    def cell(self, row: Overview) -> str:
        """What stands in the column, as wide as it is."""
        text = printable(self.text(row), self.width - 1)
        return text.rjust(self.width) if self.right else text.ljust(self.width)


def _epochs(row: Overview) -> str:
    return f"{row.epoch:,}/{row.epochs:,}" if row.epochs < 10_000 else f"{row.epoch:,}/{row.epochs / 1000:.3g}k"


NAME = Column(
    "run", NAME_WIDTH, lambda row: row.title or row.id, lambda row: (row.title or row.id).lower(), right=False
)
STATE = Column("state", 12, lambda row: row.state, lambda row: (not row.alive, row.state), right=False)
COLUMNS: tuple[Column, ...] = (
    STATE,
    NAME,
    Column("engine", 9, lambda row: row.engine, lambda row: row.engine, 5, right=False),
    Column("optimizer", 10, lambda row: row.optimizer, lambda row: row.optimizer, 3, right=False),
    Column("dropout", 8, lambda row: f"{row.dropout:g}", lambda row: row.dropout, 6),
    Column("rate", 8, lambda row: f"{row.learning_rate:.4g}", lambda row: row.learning_rate, 2),
    Column("epochs", 12, _epochs, lambda row: row.epoch, 1),
    Column("train acc", 10, lambda row: percent(row.training_accuracy), lambda row: row.training_accuracy, 4),
    Column("valid acc", 11, lambda row: percent(row.validation_accuracy), lambda row: row.validation_accuracy),
    Column(
        "best acc", 10, lambda row: percent(row.best_validation_accuracy), lambda row: row.best_validation_accuracy, 8
    ),
    Column("trained", 9, lambda row: spent(row.seconds), lambda row: row.seconds, 7),
)


def fitting(width: int) -> list[tuple[Column, int]]:
    """The columns that fit, each with its width; the name takes what is left."""
    shown = list(COLUMNS)
    while sum(column.width for column in shown) > width and any(column.gives_way for column in shown):
        shown.remove(max(shown, key=lambda column: column.gives_way))
    left = max(9, width - sum(column.width for column in shown if column is not NAME))
    return [(column, left if column is NAME else column.width) for column in shown]
