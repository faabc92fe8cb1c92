"""A duel to watch: both engines' curves, how far they differ, and what each costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget

from tui_trainer.config import RunConfig
from tui_trainer.duel.round import Round
from tui_trainer.text import printable
from tui_trainer.tui.panels.plotted import PlotPanel
from tui_trainer.tui.wording import number, percent, spent

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp
    from tui_trainer.tui.plot import Plot

WIDTHS = (8, 11, 14, 10, 9, 11)  # of the columns of figures
TINY = 1e-12  # where "no difference" stands on a logarithmic axis


@dataclass
class DuelState:
    """What is known of a duel."""

    config: RunConfig | None = None  # None before there was one
    rounds: list[Round] = field(default_factory=list)
    status: str = ""  # starting, training, done, stopped, failed
    why: str = ""

    @property
    def running(self) -> bool:
        """Whether its process is at work."""
        return self.status in ("starting", "training")

    @property
    def fought(self) -> list[Round]:
        """The rounds of whole epochs."""
        return [found for found in self.rounds if found.epoch]

    @property
    def engines(self) -> list[str]:
        """Their names, once there is a round."""
        return list(self.fought[0].sides) if self.fought else []

    def hear(self, said: Round | str | None) -> None:
        """Take in what the process said."""
        if isinstance(said, Round):
            self.rounds.append(said)
            self.status = "training"
        elif said is not None:
            self.status, self.why = "failed", self.why or said
        elif self.running:
            self.status = "done"


def loss_plot(state: DuelState) -> "Plot":
    """The training loss of both, one curve over the other."""
    from tui_trainer.tui.plot import Plot, Series

    epochs = [found.epoch for found in state.fought]
    series = []
    for slot, name in enumerate(state.engines):
        values = [found.sides[name].training_loss for found in state.fought]
        series.append(Series(name, epochs, values, slot, value=number(values[-1], 6)))
    return Plot("Loss", "epoch", "training", tuple(series), x_limits=_span(state), whole_x=True)


def difference_plot(state: DuelState) -> "Plot":
    """The largest differences of weights and of the loss of a step, on a logarithmic axis."""
    from tui_trainer.tui.plot import Plot, Series

    epochs = [found.epoch for found in state.fought]
    curves = (("weights", [found.weights for found in state.fought]), ("loss", [found.loss for found in state.fought]))
    series = tuple(
        Series(name, epochs, [max(value, TINY) for value in values], slot + 2, value=small(values[-1]))
        for slot, (name, values) in enumerate(curves)
        if values
    )
    return Plot("Largest difference", "epoch", "", series, x_limits=_span(state), log_y=True, whole_x=True)


def _span(state: DuelState) -> tuple[float, float]:
    """In calm stages 2, 5, 10, …, and no further than the duel."""
    done = state.fought[-1].epoch if state.fought else 0
    stages = (factor * 10**power for power in range(8) for factor in (2, 5, 10))
    stage = next(stage for stage in stages if stage >= done)
    most = state.config.epochs if state.config and state.status != "stopped" else done
    return (0.0, float(max(2, done, min(stage, most))))


def small(value: float) -> str:
    """A difference in one digit."""
    if 1e-3 <= value < 1e3:
        return f"{value:.1g}"
    return "none" if value == 0 else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e+")


def figures(state: DuelState) -> list[tuple[str, ...]]:
    """A table: a row for each engine under a head."""
    rows: list[tuple[str, ...]] = [("", "epoch", "loss", "valid. acc.", "s/epoch", "in all", "memory")]
    for name in state.engines:
        last = state.fought[-1]
        seconds = sorted(found.sides[name].seconds for found in state.fought)
        side = last.sides[name]
        memory = "–" if side.memory is None else f"{side.memory / 2**20:,.0f} MB"
        accuracy = percent(1 - side.validation_error)
        costs = (f"{seconds[len(seconds) // 2]:.3f}", spent(sum(seconds)), memory)
        rows.append((name, f"{last.epoch}", number(side.training_loss, 6), accuracy, *costs))
    return rows


def verdict(state: DuelState) -> str:
    """What it shows so far, in a sentence."""
    if state.status == "failed":
        return f"The duel failed: {printable(state.why)}"
    if not state.rounds:
        return "Loading both engines; PyTorch takes a few seconds." if state.running else ""
    if not state.fought:
        same = "the same bits" if state.rounds[0].weights == 0 else "different weights"
        return f"Both start from {same}. The first epoch trains."
    worst = max(found.weights for found in state.fought)
    if worst < 1e-5:
        return f"No weight differs by more than {small(worst)}: both compute the same, but for the rounding of float32."
    if worst < 1e-2:
        return f"The weights differ by up to {small(worst)}: rounding, grown from step to step."
    return f"The weights differ by up to {small(worst)}: rounding turned some step, and training went on from there."


class DuelFigures(Widget):
    """The table, and the sentence under it."""

    def __init__(self) -> None:
        super().__init__(id="duel-figures")
        self.state = DuelState()

    def show(self, state: DuelState) -> None:
        """Draw this."""
        self.state = state
        self.refresh()

    def render(self) -> Content:
        """As many columns as fit."""
        if self.state.config is None:
            return Content("")
        rows = figures(self.state) if self.state.engines else []
        lines = [_row(row, self.size.width, bool(index)) for index, row in enumerate(rows)]
        lines += [Content("")] * (3 - len(lines))
        style = "$error" if self.state.status == "failed" else "$foreground"
        return Content("\n").join([*lines, Content.styled(f" {verdict(self.state)}", style)])


def _row(cells: Sequence[str], width: int, bold: bool) -> Content:
    line = Content.styled(f" {cells[0]:<8}", "bold" if bold else "$quiet")
    for cell, room in zip(cells[1:], WIDTHS, strict=False):
        if line.cell_length + room > width:
            break
        line += Content.styled(f"{cell:>{room}}", "$foreground" if bold else "$quiet")
    return line


class DuelView(Vertical):
    """Two plots over the figures."""

    def compose(self) -> ComposeResult:
        """Plots, figures."""
        yield Container(PlotPanel(id="duel-loss"), PlotPanel(id="duel-difference"), id="duel-plots")
        yield DuelFigures()

    def show(self, state: DuelState) -> None:
        """Draw the duel as it stands."""
        app = cast("TrainerApp", self.app)
        loss, difference = (loss_plot(state), difference_plot(state)) if state.fought and app else (None, None)
        self.query_one("#duel-loss", PlotPanel).show(loss)
        self.query_one("#duel-difference", PlotPanel).show(difference)
        self.query_one(DuelFigures).show(state)
