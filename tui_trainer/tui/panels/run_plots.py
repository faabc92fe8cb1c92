"""The two plots of a run: loss and error, training and validation."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_trainer.tui.curve_signs import KINDS
from tui_trainer.tui.wording import number, percent

if TYPE_CHECKING:
    from tui_trainer.history import History
    from tui_trainer.tui.plot import Plot

SIGNS = ("setting", "finding", "resume")  # the kinds of happenings that are marked here


def run_plot(history: "History", measure: str, ascii: bool = False, log: bool = False) -> "Plot":
    """The plot of `loss` or `error` as the run stands."""
    from tui_trainer.tui.plot import Plot, Series, Sign

    training, validation = (history.curves[name] for name in (history.training_curve(measure), f"validation_{measure}"))
    write: Callable[[float | None], str] = number if measure == "loss" else percent
    signs = [Sign(mark.epoch, KINDS[mark.kind][ascii]) for mark in history.marks if mark.kind in SIGNS]
    unit = history.config.loss if measure == "loss" else "share wrong"
    return Plot(
        title=measure.title(),
        x_label="epoch",
        y_label=f"{unit}, log" if log else unit,
        series=(
            Series("training", training.epochs, training.values, 0, value=write(training.last)),
            Series("validation", validation.epochs, validation.values, 1, value=write(validation.last)),
        ),
        x_limits=(0, span(history)),
        log_y=log,
        percent=measure == "error",
        whole_x=span(history) >= 2,
        signs=tuple(signs),
    )


def span(history: "History") -> float:
    """How far the epoch axis goes: in calm stages 1, 2, 5, 10, …, and no further than the run."""
    if history.ended:
        return max(history.position, 1e-3)
    stages = (factor * 10**power for power in range(8) for factor in (1, 2, 5))
    stage = next(stage for stage in stages if stage >= min(history.position, 1e7))
    return float(min(stage, max(history.epochs, history.position)))
