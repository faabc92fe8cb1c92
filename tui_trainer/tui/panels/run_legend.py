"""Under the plots: where the cursor stands, what happened there, and each run's mark, name and values."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size

from tui_trainer.history import History
from tui_trainer.text import printable
from tui_trainer.tui.curve_signs import BAD, KINDS, told
from tui_trainer.tui.curve_view import View
from tui_trainer.tui.measures import AXES, SPLITS, seconds_at
from tui_trainer.tui.overlay import Shown
from tui_trainer.tui.panels.clickable import ClickableWidget, clickable
from tui_trainer.tui.wording import count, short, spent

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp

COLUMN = 11
TIME = 9
NARROWEST = 14  # columns for a run's mark and name


class RunLegend(ClickableWidget, can_focus=True):
    """A line about the cursor, a line of column names, a line for each run of the overlay."""

    BINDINGS: ClassVar = [
        Binding("up", "screen.select(-1)", show=False),
        Binding("down", "screen.select(1)", show=False),
    ]
    hint = "the runs: ↑ ↓ choose one, h hides it, o shows it alone, p pins it here"

    def __init__(self, view: View) -> None:
        super().__init__(id="legend")
        self._view = view
        self._first = 0  # run in the first row
        self._lines = 0  # asked of the layout

    def show(self) -> None:
        """The runs, the cursor or the values are others now."""
        lines = self.get_content_height(self.size, self.size, self.size.width)
        self.refresh(layout=lines != self._lines)
        self._lines = lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are runs, within what the layout allows."""
        return 2 + max(1, len(self._view.overlay.runs) + len(self._view.overlay.failed))

    def render(self) -> Content:
        """The lines that fit."""
        view, room = self._view, self.size.height
        lines = [self._where()]
        if room > 2:
            lines.append(self._names())
        rows = max(1, room - len(lines))
        self._first = max(min(self._first, view.selected), view.selected - rows + 1, 0)
        for place, shown in list(enumerate(view.overlay.runs))[self._first : self._first + rows]:
            lines.append(self._row(place, shown))
        for path, why in list(view.overlay.failed.items())[: max(0, rows - len(view.overlay.runs))]:
            lines.append(Content.styled(f"   {printable(path.name)}: {why}", "$error"))
        return Content("\n").join(lines[:room])

    # -- the line about the cursor -------------------------------------------

    def _where(self) -> Content:
        view, shown = self._view, self._view.chosen
        if shown is None:
            return Content.styled(" no run: start one on Train, or pin some on Runs", "$quiet")
        if view.cursor is None:
            arrows = cast("TrainerApp", self.app).marks.keys("← →")
            return Content.styled(" newest values", "bold") + Content.styled(
                f"   {arrows} or a click: a cursor", "$quiet"
            )
        place = Content.styled(f" {self._place(shown.history, view.cursor)}", "bold")
        return Content("  ").join([place, *self._told(shown)])

    def _place(self, history: History, x: float) -> str:
        axis = self._view.axis
        if axis.name == "seconds":
            return f"after {axis.write(x)} of training"
        per_epoch = history.steps_per_epoch or 1
        epoch = x if axis.name == "epoch" else x / per_epoch
        time = spent(seconds_at(history, epoch))
        return f"epoch {AXES[0].write(epoch)}  step {count(epoch * per_epoch)}  trained {time}"

    def _told(self, shown: Shown) -> Iterator[Content]:
        ascii = cast("TrainerApp", self.app).marks.ascii
        for happening in told(self._view, shown)[:3]:
            style = "$error" if happening.kind in BAD else "$accent"
            yield Content.styled(f"{KINDS[happening.kind][ascii]} {happening.text}", style)

    # -- the table -----------------------------------------------------------

    def _columns(self) -> list[tuple[str, str, bool]]:
        """Heading, split and whether smoothed, of each column of values that there is room for."""
        view = self._view
        raw = [(split or "value", split, False) for split in view.splits]
        smooth = [("smoothed", split, True) for split in view.splits] if view.weight else []
        columns = [column for pair in zip(raw, smooth, strict=True) for column in pair] if smooth else raw
        fitting = max(1, (self.size.width - NARROWEST) // COLUMN)
        if len(columns) <= fitting:
            return columns
        return [(split or "value", split, bool(smooth)) for _, split, _ in raw[-fitting:]]

    def _room(self) -> int:
        """Columns for the mark and the name."""
        return max(NARROWEST, self.size.width - COLUMN * len(self._columns()) - self._time_width() - 1)

    def _time_width(self) -> int:
        return TIME if self.size.width >= 60 else 0

    def _names(self) -> Content:
        columns = "".join(name.rjust(COLUMN) for name, _, _ in self._columns())
        time = "trained".rjust(self._time_width()) if self._time_width() else ""
        runs, rows = len(self._view.overlay.runs), self.size.height - 2
        heading = f"   run {self._view.selected + 1} of {runs}" if runs > rows else "   run"
        return Content.styled(heading.ljust(self._room()) + columns + time, "$quiet")

    def _row(self, place: int, shown: Shown) -> Content:
        view = self._view
        drawn = shown in view.overlay.visible
        click = f"screen.click_run({place})"
        style = ("bold " if shown is view.chosen else "") + ("$foreground" if drawn else "$quiet")
        values = [
            clickable(self._value(shown, split, smooth).rjust(COLUMN), click, self._hue(split) or style)
            for _, split, smooth in self._columns()
        ]
        line = Content.assemble(
            clickable(self._mark(shown, drawn), f"screen.click_mark({place})", self._colour(shown, drawn)),
            clickable(self._words(shown), click, style),
            *values,
        )
        if self._time_width():
            line += Content.styled(self._time(shown).rjust(TIME), "$quiet")
        return line.stylize("on $panel") if shown is view.chosen else line

    def _hue(self, split: str) -> str:
        """Where both splits stand in one plot, their values have the colours of their curves."""
        from tui_trainer.tui.themes import palette

        return palette(self.app.theme).series[SPLITS.index(split)] if self._view.overlaid else ""

    def _mark(self, shown: Shown, drawn: bool) -> str:
        from tui_trainer.tui.plot import point

        marks, slot = cast("TrainerApp", self.app).marks, self._view.slot_of(shown)
        chosen = marks.right if shown is self._view.chosen else " "
        return f"{chosen}{marks.dash if not drawn else ' ' if self._view.overlaid else point(marks, slot)} "

    def _colour(self, shown: Shown, drawn: bool) -> str:
        from tui_trainer.tui.themes import palette

        colours = palette(self.app.theme).series
        return colours[self._view.slot_of(shown) % len(colours)] if drawn else "$quiet"

    def _words(self, shown: Shown) -> str:
        """Name, settings and flags; where there is no room, those settings in which the runs differ, or fewer."""
        overlay, words = self._view.overlay, _settings(shown)
        flags = [word for word, on in (("pinned", shown.path in overlay.bench.pinned), ("hidden", shown.hidden)) if on]
        flags += ["alone"] if overlay.alone == shown.path else []
        rest = "".join(f"  {flag}" for flag in flags)
        room = self._room() - 4
        left = room - cell_len(shown.name) - len(rest) - 2
        if cell_len(" ".join(words)) > left:
            common = set.intersection(*(set(_settings(each)) for each in overlay.runs))
            words = [word for word in words if word not in common]
        while words and cell_len(" ".join(words)) > left:
            words = words[1:]
        fitting = max(8, min(cell_len(shown.name), room - len(rest)))
        name = short(shown.name, fitting) if shown.name == shown.path.name else set_cell_size(shown.name, fitting)
        return set_cell_size("  ".join([name, *([" ".join(words)] if words else [])]) + rest, room) + " "

    def _value(self, shown: Shown, split: str, smooth: bool) -> str:
        view = self._view
        track = view.track(shown, split)
        values = track.smooth if smooth else track.raw
        place = len(values) - 1 if view.cursor is None else track.place(view.cursor)
        return view.measure.write(values[place] if place is not None and 0 <= place < len(values) else None)

    def _time(self, shown: Shown) -> str:
        view, history = self._view, shown.history
        if view.cursor is None:
            return spent(history.seconds)
        if view.axis.name == "seconds":
            return spent(view.cursor)
        epoch = view.cursor if view.axis.name == "epoch" else view.cursor / (history.steps_per_epoch or 1)
        return spent(seconds_at(history, epoch)) if epoch <= history.position else "–"

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The run above."""
        event.stop()
        self.call_later(self.run_action, "screen.select(-1)")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The run below."""
        event.stop()
        self.call_later(self.run_action, "screen.select(1)")


def _settings(shown: Shown) -> list[str]:
    """What tells a run from others, as it is now."""
    config, live = shown.history.config, shown.history.settings
    rate, dropout = live.get("learning_rate", config.learning_rate), live.get("dropout", config.dropout)
    return [config.engine, config.optimizer, f"rate {rate:g}", *([f"dropout {dropout:g}"] if dropout else [])]
