"""Draws curves as text. The only file that knows plotext."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from typing import Any

import plotext
from rich.ansi import AnsiDecoder
from rich.style import Style
from rich.text import Text

from tui_trainer.text import printable
from tui_trainer.tui import axes
from tui_trainer.tui.marks import Marks
from tui_trainer.tui.themes import Palette

_TERMINAL: Any = type(plotext.terminal)()  # of our own: a figure is clamped to its terminal unless that has no limit
_TERMINAL.limit(False, False)
_ASCII = str.maketrans("│─┌┐└┘├┤┬┴┼", "|-++++||+++")
_SMALLEST = (16, 5)


@dataclass(frozen=True)
class Series:
    """One curve: `ys[i]` at `xs[i]`, ascending; what is not finite is a gap. `slot` chooses colour and mark."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    slot: int = 0
    faint: bool = False  # quiet and without marks, as the raw curve behind a smoothed one
    value: str = ""  # shown beside the label in the legend


@dataclass(frozen=True)
class Sign:
    """Something that happened at `x`: a sign of one column at the foot of the plot."""

    x: float
    sign: str
    colour: str = ""


@dataclass(frozen=True)
class Plot:
    """What is to be drawn; limits that are None follow the data."""

    title: str
    x_label: str
    y_label: str = ""  # what the values are, beside the title
    series: tuple[Series, ...] = ()
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    log_x: bool = False
    log_y: bool = False
    percent: bool = False  # y values are fractions, written in per cent
    whole_x: bool = False  # ticks at whole numbers only
    signs: tuple[Sign, ...] = ()
    cursor: float | None = None  # a vertical line at this x


@dataclass(frozen=True)
class Picture:
    """A drawn plot, and where its canvas is: column `left` shows x_limits[0], the last of `columns` x_limits[1]."""

    lines: tuple[Text, ...]
    left: int
    columns: int
    x_limits: tuple[float, float]
    log_x: bool = False

    def x_at(self, column: int) -> float:
        """The x of a column of the text, which may lie outside the canvas."""
        share = (column - self.left) / max(1, self.columns - 1)
        low, high = (math.log10(x) for x in self.x_limits) if self.log_x else self.x_limits
        x = low + share * (high - low)
        return 10.0 ** min(x, 300.0) if self.log_x else x


def picture(plot: Plot, width: int, height: int, palette: Palette, marks: Marks) -> Picture:
    """`height` lines of `width` columns: title and legend, canvas, x ticks; the legend alone where there is no room."""
    head = legend(plot, width, palette, marks)
    if width < _SMALLEST[0] or height < _SMALLEST[1]:
        return Picture((head,), 0, width, plot.x_limits or (0.0, 1.0))
    drawing = _Drawing(plot, width, height - 1, palette, marks)
    return Picture((head, *drawing.lines()), drawing.gutter + 1, width - drawing.gutter - 1, drawing.x, plot.log_x)


def legend(plot: Plot, width: int, palette: Palette, marks: Marks) -> Text:
    """Title and the sign, name and value of each series in one line; it never covers the data."""
    line = Text()
    for with_label, with_values, gap in _LEGENDS:
        line = Text().append(printable(plot.title), "bold")
        line.append(f" {plot.y_label}" if with_label and plot.y_label else "", _quiet(palette))
        for series in plot.series:
            if series.label and not series.faint:
                line.append(gap).append_text(_entry(series, palette, marks, with_values))
        if line.cell_len <= width:
            return line
    line.truncate(width, overflow="crop" if marks.ascii else "ellipsis")
    return line


# What a legend shows beside title and names, the fullest first: the y label, the values, how far apart.
_LEGENDS = ((True, True, "   "), (True, True, "  "), (False, True, "  "), (False, True, " "), (False, False, "  "))


def _entry(series: Series, palette: Palette, marks: Marks, with_value: bool) -> Text:
    entry = Text(f"{point(marks, series.slot)} ", _style(palette, series.slot))
    entry.append(printable(series.label, 30), _quiet(palette))
    if with_value and series.value:
        entry.append(f" {series.value}", _style(palette, series.slot))
    return entry


def point(marks: Marks, slot: int) -> str:
    """The mark of a slot; with its colour it is another pair for each of the first 49 slots."""
    return marks.points[(slot + slot // len(marks.points)) % len(marks.points)]


def _style(palette: Palette, slot: int) -> Style:
    colour = palette.series[slot % len(palette.series)]
    return Style(color=colour) if colour else Style()


def _quiet(palette: Palette) -> Style:
    return Style(color=palette.axis) if palette.axis else Style()


def thin(
    xs: Sequence[float], ys: Sequence[float], low: float, high: float, columns: int, log: bool = False
) -> list[tuple[float, float, bool]]:
    """The points between two x, at most the lowest and the highest of each column: (x, y, joined to the one before).

    A spike is never lost, and a value that cannot be drawn leaves a gap.
    """
    first, last = max(0, bisect_left(xs, low) - 1), min(len(xs), bisect_right(xs, high) + 1)
    cuts = [first + (last - first) * column // columns for column in range(columns + 1)]
    if last - first <= 2 * columns:
        cuts = list(range(first, last + 1))
    points: list[tuple[float, float, bool]] = []
    joined = False
    for start, stop in pairwise(cuts):
        kept, whole = _extremes(ys, start, stop, log)
        for index in kept:
            points.append((xs[index], ys[index], joined and whole))
            joined = True
        joined = joined and whole
    return points


def _extremes(ys: Sequence[float], start: int, stop: int, log: bool) -> tuple[list[int], bool]:
    """Where the lowest and highest drawable values of a stretch are, and whether all of it is drawable."""
    chunk = ys[start:stop]
    low, high = min(chunk), max(chunk)
    too_low = low <= (1 / axes.LARGEST if log else -axes.LARGEST)
    if math.isfinite(sum(chunk)) and not too_low and high < axes.LARGEST:
        return sorted({start + chunk.index(low), start + chunk.index(high)}), True
    good = [index for index in range(start, stop) if axes.drawable(ys[index], log)]
    return sorted({min(good, key=ys.__getitem__), max(good, key=ys.__getitem__)}) if good else [], False


def _pixel(colour: str) -> Any:
    if not colour:
        return plotext.pixel()
    return plotext.pixel(tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


@cache
def _theme(axis: str) -> str:
    """A plotext theme with axes of this colour on no background: a pixel given to an axis itself gets a white one."""
    name = f"tui-trainer{axis}"
    plotext.add_theme(name, text=_pixel(axis))
    return name


class _Drawing:
    """One plotext figure, made, filled and turned into lines."""

    def __init__(self, plot: Plot, width: int, height: int, palette: Palette, marks: Marks) -> None:
        self.plot, self.palette, self.marks = plot, palette, marks
        self.width, self.height = width, height
        self.figure: Any = type(plotext.figure)(_TERMINAL)
        self.figure.plot_size(width, height)
        self.figure.theme(_theme(palette.axis))
        self.figure.axes(False, axis="x", side="upper")
        self.figure.axes(False, axis="y", side="right")
        self.figure.legend(False)
        self.columns = max(4, width - 7)
        self.x = plot.x_limits or self._span()
        steps = self.columns // max(1, min(3, len(plot.series) // 4))  # many curves are drawn in coarser steps
        self.points = [thin(s.xs, s.ys, *self.x, steps, plot.log_y) for s in plot.series]
        values = [y for points in self.points for _, y, _ in points]
        self.y = plot.y_limits or axes.limits(values, plot.log_y)
        self.gutter = 0  # columns of y labels, known when the rulers are placed

    def _span(self) -> tuple[float, float]:
        ends = [x for s in self.plot.series if len(s.xs) for x in (s.xs[0], s.xs[-1])]
        ends = [x for x in ends if axes.drawable(x, self.plot.log_x)]
        low, high = min(ends, default=1.0), max(ends, default=2.0)
        return (low, high) if high > low else (low, low + 1)

    def lines(self) -> list[Text]:
        """The picture, its x label in the corner under the y ticks."""
        self._rulers()
        curves = list(zip(self.plot.series, self.points, strict=True))
        for series, points in reversed(curves):  # the first series lies on top
            self._line(series, points)
        for series, points in curves:
            self._marks(series, points)
        self._signs()
        text = self.figure.build().string().rstrip("\n")
        lines = list(AnsiDecoder().decode(text.translate(_ASCII) if self.marks.ascii else text))
        label = Text(self.plot.x_label.rjust(self.gutter)[: self.gutter], _quiet(self.palette))
        lines[-1] = Text.assemble(label, lines[-1][self.gutter :])
        return [self._with_cursor(line) for line in lines[:-2]] + list(lines[-2:])

    def _with_cursor(self, line: Text) -> Text:
        """The line with the cursor in its column, behind whatever is drawn there."""
        cursor = self.plot.cursor
        if cursor is None or not self.x[0] <= cursor <= self.x[1]:
            return line
        share = (self._x(cursor) - self._x(self.x[0])) / (self._x(self.x[1]) - self._x(self.x[0]))
        column = self.gutter + 1 + round(share * (self.width - self.gutter - 2))
        if line.plain[column : column + 1] not in ("", " "):
            return line
        stroke = Text("|" if self.marks.ascii else "│", _quiet(self.palette))
        return Text.assemble(line[:column], stroke, line[column + 1 :])

    def _rulers(self) -> None:
        """Place the ticks; the longest y label says how wide their column is."""
        plot, figure = self.plot, self.figure
        ys = axes.ticks(*self.y, max(2, (self.height - 1) // 3 + 1), plot.log_y)
        written = axes.labels(ys, plot.percent, plot.log_y)
        gutter = self.gutter = max(len(plot.x_label), *map(len, written), 5)
        figure.ruler("y", "left").ticks([self._y(y) for y in ys], [label.rjust(gutter) for label in written])
        figure.ruler("y", "left").lim(self._y(self.y[0]), self._y(self.y[1]))
        xs, under = axes.along(*self.x, self.columns, plot.log_x, plot.whole_x)
        figure.ruler("x", "lower").ticks([self._x(x) for x in xs], under)
        figure.ruler("x", "lower").lim(self._x(self.x[0]), self._x(self.x[1]))

    def _x(self, value: float) -> float:
        return math.log10(value) if self.plot.log_x else value

    def _y(self, value: float) -> float:
        return math.log10(value) if self.plot.log_y else value

    def _look(self, series: Series) -> tuple[str, Any]:
        colour = self.palette.faint if series.faint else self.palette.series[series.slot % len(self.palette.series)]
        return point(self.marks, series.slot), _pixel(colour)

    def _line(self, series: Series, points: list[tuple[float, float, bool]]) -> None:
        if points:
            mark, pixel = self._look(series)
            sign = "braille" if not self.marks.ascii else "." if series.faint else mark
            signal = self._signal([(x, y) for x, y, _ in points], sign, pixel)
            signal.lines(True)
            for index, (_, _, joined) in enumerate(points):
                if not joined:
                    signal.line(index, False)
            self.figure.draw(signal)

    def _marks(self, series: Series, points: list[tuple[float, float, bool]]) -> None:
        if points and not series.faint:
            self.figure.draw(self._signal(self._spaced(points, series.slot), *self._look(series)))

    def _spaced(self, points: list[tuple[float, float, bool]], slot: int) -> list[tuple[float, float]]:
        """Where marks stand on a curve: on each point while they are few, else every ten columns, slots apart."""
        width = (self._x(self.x[1]) - self._x(self.x[0])) / self.columns
        taken, spaced = -math.inf, []
        shift = (slot % 3) * 3.4 * width
        for x, y, _ in points:
            place = self._x(x) + shift if len(points) * 4 > self.columns else self._x(x)
            if place // (10 * width) != taken or len(points) * 4 <= self.columns:
                taken = place // (10 * width)
                spaced.append((x, y))
        return spaced

    def _signal(self, points: list[tuple[float, float]], sign: str, pixel: Any) -> Any:
        xs, ys = [self._x(x) for x, _ in points], [self._y(y) for _, y in points]
        signal = self.figure.signal(xs, ys, marker=plotext.marker(sign, pixel))
        signal._get_unique_pixels = lambda: [pixel]  # else every point is asked, for a choice of colours that is ours
        return signal

    def _signs(self) -> None:
        """Those that follow each other and look alike in one go; the last lies on top."""
        seen = (sign for sign in self.plot.signs if self.x[0] <= sign.x <= self.x[1])
        for (sign, colour), alike in groupby(seen, lambda sign: (sign.sign, sign.colour)):
            places = [(each.x, self.y[0]) for each in alike]
            self.figure.draw(self._signal(places, sign, _pixel(colour or self.palette.axis)))
