"""Train: the settings, the two plots, progress, findings and the summary."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from tui_trainer.tui.screens.base import BenchScreen


class TrainScreen(BenchScreen):
    """The whole main job."""

    NAME = "Train"

    def body(self) -> Iterable[Widget]:
        """Settings, and the run beside them."""
        yield Static("train", markup=False)


SCREEN = TrainScreen
