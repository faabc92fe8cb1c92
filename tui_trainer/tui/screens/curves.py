"""Curves: one run or many, overlaid, on any measure and axis, with a cursor, a zoom and what happened."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual.containers import Container
from textual.widget import Widget

from tui_trainer.text import printable
from tui_trainer.tui.bands import alike
from tui_trainer.tui.commands import Command, bindings
from tui_trainer.tui.curve_signs import told
from tui_trainer.tui.curve_view import BOTH, View
from tui_trainer.tui.measures import AXES, MEASURES, SPLITS
from tui_trainer.tui.overlay import Overlay, turn_pins
from tui_trainer.tui.panels.curve_plot import CurvePlot
from tui_trainer.tui.panels.run_legend import RunLegend
from tui_trainer.tui.screens.base import BenchScreen
from tui_trainer.tui.smoothing import next_weight
from tui_trainer.tui.trainers import Reader

POLLS = 5  # ticks between looks at the pinned runs, which are half a second


class CurvesScreen(BenchScreen):
    """The bench's eye."""

    NAME = "Curves"
    KEYS = (
        Command("left", "cursor(-1)", "Cursor", "Move the cursor to the point before, of the chosen run.", shown="←"),
        Command("right", "cursor(1)", "Cursor", "Move the cursor to the next point.", footer=False, shown="→"),
        Command("shift+left", "cursor(-10)", "Far left", "Ten points to the left.", footer=False, shown="shift+←"),
        Command("shift+right", "cursor(10)", "Far right", "Ten points to the right.", footer=False, shown="shift+→"),
        Command("home", "cursor_end(0)", "First", "The cursor to the first point that is seen.", footer=False),
        Command("end", "cursor_end(1)", "Last", "The cursor to the last point that is seen.", footer=False),
        Command("escape", "no_cursor", "No cursor", "Take the cursor away: newest values again.", footer=False),
        Command("up", "select(-1)", "Run above", "Choose the run above.", footer=False, shown="↑"),
        Command("down", "select(1)", "Run below", "Choose the run below.", footer=False, shown="↓"),
        Command("m", "measure(1)", "Measure", "Draw the next measure: loss, error, accuracy, learning rate, …"),
        Command("M", "measure(-1)", "Measure before", "Draw the measure before.", footer=False),
        Command("t", "split", "Split", "Draw training, validation, or both."),
        Command("l", "log('y')", "Log", "A logarithmic or a linear y axis."),
        Command("L", "log('x')", "Log x", "A logarithmic or a linear x axis.", footer=False),
        Command("s", "smooth(1)", "Smooth", "Smooth more; the raw curve stays behind, faint."),
        Command("S", "smooth(-1)", "Smooth less", "Smooth less.", footer=False),
        Command("b", "band", "Band", "Draw runs that differ in their seeds alone as a median and a band, or each."),
        Command("plus,equals_sign", "zoom(2)", "Zoom", "Closer, around the cursor.", shown="+"),
        Command("minus", "zoom(0.5)", "Zoom out", "Farther.", footer=False, shown="-"),
        Command("less_than_sign", "pan(-0.25)", "Left", "What is seen moves to the left.", footer=False, shown="<"),
        Command("greater_than_sign", "pan(0.25)", "Right", "What is seen moves to the right.", footer=False, shown=">"),
        Command("0", "whole", "All", "Show the whole of the curves.", footer=False),
        Command("x", "axis", "x axis", "Count epochs, steps or seconds of training."),
        Command("n", "mark(1)", "Mark", "The cursor to the next change, resume, pause or finding."),
        Command("N", "mark(-1)", "Mark before", "The cursor to the mark before.", footer=False),
        Command("h", "hide", "Hide", "Hide the chosen run, or show it again."),
        Command("o", "alone", "Alone", "Show the chosen run alone, or all again."),
        Command("p", "pin", "Pin", "Keep the chosen run here when another one is opened, or let it go."),
        Command("i", "signs", "Marks", "Show all marks, only the weighty ones, or none.", footer=False),
    )
    BINDINGS = bindings(KEYS)
    CSS = """
    #curves { height: 1fr; layout: horizontal; padding: 0 1; }
    #curves CurvePlot { width: 1fr; height: 1fr; }
    #curves.-two CurvePlot#second { display: block; margin-left: 2; }
    CurvePlot#second { display: none; }
    #legend { height: auto; max-height: 7; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    CurvesScreen.-large #legend { max-height: 12; }
    CurvesScreen.-small #legend { max-height: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.view: View
        self._stale = True
        self._ticks = 0
        self._reading: set[Path] = set()  # pinned runs that a thread is reading

    def body(self) -> Iterable[Widget]:
        """The plots, the legend under them."""
        self.view = View(Overlay(self.bench), log_y=self.bench_app.preferences.log_axis)
        yield Container(CurvePlot("first"), CurvePlot("second"), id="curves")
        yield RunLegend(self.view)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be done before there is something to do it with: a key may come that early."""
        return super().check_action(action, parameters) if self.children else False

    def on_mount(self) -> None:
        """Begin with the plot."""
        super().on_mount()
        self.query_one("#first").focus()
        self.show_run()

    # -- what is shown -------------------------------------------------------

    def show_run(self) -> None:
        """A run said something, or others are pinned: read those, and draw with the next tick."""
        self._stale = True
        for path in self.view.overlay.sync():
            if path not in self._reading:
                self._reading.add(path)
                self.run_worker(partial(self._read, path), thread=True, exit_on_error=False)

    def _read(self, path: Path) -> None:
        """In a thread: a long run takes a while."""
        try:
            reader = self.bench.trainers.open(path)
            reader.poll()
        except Exception as error:  # a run directory is foreign: whatever is wrong with it is a line in the legend
            from tui_trainer.run.outcome import one_line

            self.app.call_from_thread(self._unreadable, path, printable(one_line(error)))
        else:
            self.app.call_from_thread(self._was_read, path, reader)

    def _was_read(self, path: Path, reader: Reader) -> None:
        self._reading.discard(path)
        if path in self.bench.pinned:
            self.view.overlay.sync()
            self.view.overlay.take(path, reader)
            self.show_run()

    def _unreadable(self, path: Path, why: str) -> None:
        self._reading.discard(path)
        self.view.overlay.failed[path] = why
        self._stale = True

    def tick(self) -> None:
        """Look at the pinned runs now and then; draw if there is something new, so often as the user allows."""
        self._ticks += 1
        if self._ticks % POLLS == 0 and self.view.overlay.poll():
            self._stale = True
        if self._stale and self._ticks % self.bench_app.redraw_period == 0:
            self.draw()

    def draw(self) -> None:
        """Draw now."""
        self._stale = False
        view, app = self.view, self.bench_app
        view.one_plot = self.size_class in ("-small", "-tiny")
        from tui_trainer.tui.themes import palette

        view.selected = max(0, min(view.selected, len(view.overlay.runs) - 1))
        plots = view.plots(app.marks.ascii, palette(app.theme))
        self.query_one("#curves").set_class(len(plots) == 2, "-two")
        happened = told(view, view.chosen) if view.chosen else []
        for widget, plot in zip(self.query(CurvePlot), [*plots, None], strict=False):
            widget.show(plot)
            widget.told = [happening.text for happening in happened if happening.kind != "checkpoint"]
        self.query_one(RunLegend).show()
        self.hint_changed()

    def resized(self, size: str) -> None:
        """Two plots fit, or one."""
        self._stale = True

    # -- what the user does --------------------------------------------------

    def action_cursor(self, by: int) -> None:
        """Along the points of the chosen run."""
        self.view.move_cursor(by)
        self.draw()

    def action_cursor_end(self, share: float) -> None:
        """To an end of what is seen."""
        self.view.put_cursor(self.view.seen.at(share))
        self.draw()

    def action_no_cursor(self) -> None:
        """Newest values again."""
        self.view.cursor = None
        self.draw()

    def action_mark(self, by: int) -> None:
        """To what happened."""
        self.view.put_at_mark(by)
        self.draw()

    def action_select(self, by: int) -> None:
        """Another run of the legend."""
        self.view.selected = max(0, min(len(self.view.overlay.runs) - 1, self.view.selected + by))
        self.draw()

    def action_click_run(self, place: int) -> None:
        """Choose a run with the mouse."""
        self.view.selected = place
        self.draw()

    def action_click_mark(self, place: int) -> None:
        """Hide a run, or show it again, with the mouse."""
        self.view.selected = place
        self.action_hide()

    def action_measure(self, by: int) -> None:
        """The next or previous measure."""
        self.view.measure = _next(MEASURES, self.view.measure, by)
        self._forget_tracks()

    def action_split(self) -> None:
        """Both splits, training, validation."""
        self.view.split = _next((BOTH, *SPLITS), self.view.split, 1)
        self._forget_tracks()

    def action_axis(self) -> None:
        """Another count on the x axis; cursor and zoom are places on it."""
        self.view.axis = _next(AXES, self.view.axis, 1)
        self.view.cursor = self.view.stretch = None
        if self.view.banded and self.view.axis.name == "seconds":
            self.notify("In seconds no two runs have a point at the same place: no band is drawn.", markup=False)
        self._forget_tracks()

    def _forget_tracks(self) -> None:
        self.view.tracks.clear()
        self.draw()

    def action_log(self, which: str) -> None:
        """A logarithmic or linear axis."""
        view = self.view
        if which == "x":
            view.log_x, view.stretch = not view.log_x, None
        else:
            view.log_y = not view.log_y
            self.bench_app.remember(log_axis=view.log_y)
        self.draw()

    def action_smooth(self, by: int) -> None:
        """More or less."""
        self.view.weight = next_weight(self.view.weight, by)
        self._forget_tracks()

    def action_band(self) -> None:
        """Seeds as a band, or each by itself."""
        self.view.banded = not self.view.banded
        groups = alike(self.view.overlay.visible)
        if self.view.banded and all(len(group) == 1 for group in groups):
            self.notify("No two of these runs differ in their seeds alone: there is no band to draw.", markup=False)
        self.draw()

    def action_zoom(self, factor: float) -> None:
        """Closer or farther."""
        self.view.zoom(factor)
        self.draw()

    def action_pan(self, share: float) -> None:
        """Along the axis."""
        self.view.pan(share)
        self.draw()

    def action_whole(self) -> None:
        """No zoom."""
        self.view.stretch = None
        self.draw()

    def action_hide(self) -> None:
        """The chosen run."""
        if (shown := self.view.chosen) is not None:
            shown.hidden = not shown.hidden
            self.draw()

    def action_alone(self) -> None:
        """The chosen run alone, or all."""
        shown, overlay = self.view.chosen, self.view.overlay
        if shown is not None:
            overlay.alone = None if overlay.alone == shown.path else shown.path
            self.draw()

    def action_pin(self) -> None:
        """Keep the chosen run."""
        if (shown := self.view.chosen) is not None:
            turn_pins(self.bench, [shown.path])
            self.show_run()
            self.draw()

    def action_signs(self) -> None:
        """All marks, the weighty ones, none."""
        self.view.signs = (self.view.signs - 1) % 3
        self.draw()

    def on_curve_plot_pointed(self, event: CurvePlot.Pointed) -> None:
        """The cursor follows a click."""
        self.view.put_cursor(event.x)
        self.draw()

    def on_curve_plot_zoomed(self, event: CurvePlot.Zoomed) -> None:
        """The wheel."""
        self.view.zoom(event.factor, event.x)
        self.draw()

    def on_curve_plot_pulled(self, event: CurvePlot.Pulled) -> None:
        """The canvas follows the hand."""
        self.view.pan(-event.share)
        self.draw()


def _next(choices: Sequence[Any], current: Any, by: int) -> Any:
    return choices[(choices.index(current) + by) % len(choices)]


SCREEN = CurvesScreen
