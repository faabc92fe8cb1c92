"""The bench beside a lesson: its runs over one another as they train, or its duel; and what came out, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_trainer.history import History
from tui_trainer.lessons import Experiment
from tui_trainer.text import printable
from tui_trainer.tui.panels.duelling import DuelState, DuelView, small
from tui_trainer.tui.panels.plotted import PlotPanel
from tui_trainer.tui.trainers import Reader
from tui_trainer.tui.wording import number, percent

if TYPE_CHECKING:
    from tui_trainer.tui.plot import Plot


@dataclass
class Trial:
    """An experiment of a lesson that was begun: a run that is read, or a duel."""

    experiment: Experiment
    reader: Reader | None = None
    duel: DuelState | None = None

    @property
    def over(self) -> bool:
        """Whether it can be talked about."""
        if self.duel is not None:
            return self.duel.status in ("done", "failed")
        return self.reader is not None and self.reader.history.ended

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        if self.duel is not None:
            return self.duel.status == "failed"
        return self.reader is not None and self.reader.history.status == "failed"

    @property
    def state(self) -> str:
        """How far it is."""
        if self.duel is not None:
            last = self.duel.rounds[-1].epoch if self.duel.rounds else 0
            return f"{self.duel.status} {last}/{self.experiment.config.epochs}"
        if self.reader is None:
            return "starting"
        history = self.reader.history
        return f"{history.status} {history.epoch}/{history.epochs}"

    def values(self) -> dict[str, str]:
        """What a lesson's text can say of it, by name."""
        if self.duel is not None:
            return duel_values(self.duel)
        return run_values(self.reader.history) if self.reader is not None else {}


def run_values(history: History) -> dict[str, str]:
    """A run in numbers."""
    values = {"epochs": str(history.epoch), "seconds": f"{history.seconds:.1f} s", "never_predicted": _missing(history)}
    for split in ("training", "validation"):
        accuracy, loss = history.accuracy(split), history.loss(split)
        values[f"{split}_accuracy"], values[f"best_{split}_accuracy"] = (
            percent(accuracy["final"]),
            percent(accuracy["max"]),
        )
        values[f"{split}_loss"], values[f"best_{split}_loss"] = number(loss["final"]), number(loss["min"])
    return values


def _missing(history: History) -> str:
    """The classes that no inspected example was predicted as."""
    layers = history.inspected.layers if history.inspected else []
    predicted = layers[-1].get("predicted") if layers else None
    if predicted is None:
        return "–"
    return ", ".join(str(index) for index, count in enumerate(predicted) if not count) or "none"


def duel_values(state: DuelState) -> dict[str, str]:
    """A duel in numbers."""
    if not state.fought:
        return {}
    last = state.fought[-1]
    values = {
        "epochs": str(last.epoch),
        "weight_difference": small(max(found.weights for found in state.fought)),
        "loss_difference": small(max(found.loss for found in state.fought)),
    }
    for name, side in last.sides.items():
        seconds = sorted(found.sides[name].seconds for found in state.fought)
        values[f"{name}_seconds"] = f"{seconds[len(seconds) // 2]:.2f} s"
        values[f"{name}_accuracy"] = percent(1 - side.validation_error)
    return values


def compared_plot(trials: Sequence[Trial], split: str, measure: str) -> "Plot":
    """One curve for each run."""
    from tui_trainer.tui.plot import Plot, Series

    write = percent if measure == "error" else number
    series, last = [], 2.0
    for slot, trial in enumerate(trials):
        if trial.reader is not None:
            curve = trial.reader.history.curves[f"{split}_{measure}"]
            last = max(last, float(trial.experiment.config.epochs))
            series.append(Series(trial.experiment.name, curve.epochs, curve.values, slot, value=write(curve.last)))
    title = f"{split.title()} {measure}"
    return Plot(title, "epoch", "", tuple(series), x_limits=(0.0, last), percent=measure == "error", whole_x=True)


class LessonBench(Vertical):
    """Shows the trials of a lesson."""

    def compose(self) -> ComposeResult:
        """What is going on; the plots of runs; the duel."""
        yield Static("", id="lesson-trials", markup=False)
        yield Container(PlotPanel(id="lesson-training"), PlotPanel(id="lesson-validation"), id="lesson-plots")
        yield DuelView(id="lesson-duel")

    def show(self, experiments: Sequence[Experiment], trials: Sequence[Trial], measure: str) -> None:
        """Draw them as they stand; a duel when it is the newest."""
        self.query_one("#lesson-trials", Static).update(_lines(experiments, trials))
        duel = trials[-1].duel if trials else None
        self.query_one("#lesson-plots").display = duel is None
        self.query_one("#lesson-duel").display = duel is not None
        if duel is not None:
            self.query_one("#lesson-duel", DuelView).show(duel)
        elif trials:
            self.query_one("#lesson-training", PlotPanel).show(compared_plot(trials, "training", measure))
            self.query_one("#lesson-validation", PlotPanel).show(compared_plot(trials, "validation", measure))


def _lines(experiments: Sequence[Experiment], trials: Sequence[Trial]) -> Content:
    lines = []
    for index, experiment in enumerate(experiments):
        trial = trials[index] if index < len(trials) else None
        words = trial.state if trial else "r runs it" if index == len(trials) else ""
        style = "$primary" if trial and not trial.over else "$quiet"
        lines.append(Content.assemble((f"{index + 1} {printable(experiment.name, 30)}  ", "bold"), (words, style)))
    return Content("\n").join(lines)
