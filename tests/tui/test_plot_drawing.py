"""Axes, plots, signs and words: properties that hold for whatever numbers and texts come."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_trainer.config import resolve
from tui_trainer.history import History
from tui_trainer.text import printable
from tui_trainer.tui import axes
from tui_trainer.tui.ascii import spelled
from tui_trainer.tui.marks import ASCII, UNICODE
from tui_trainer.tui.panels.run_plots import run_plot, span
from tui_trainer.tui.panels.stepping import stepped
from tui_trainer.tui.plot import Plot, Series, Sign, legend, picture, thin
from tui_trainer.tui.themes import PALETTES, palette
from tui_trainer.tui.wording import ago, count, duration, number, percent

DARK = palette("dark")
values = st.one_of(st.floats(), st.floats(0, 10), st.just(math.nan), st.just(math.inf))
curves = st.lists(values, min_size=0, max_size=60)


@given(st.text())
def test_printable_text_is_one_line_without_controls(text: str) -> None:
    shown = printable(text)
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
    assert printable(shown) == shown


def test_printable_text_cuts_what_is_long_and_names_what_it_escapes() -> None:
    assert printable("a\x1b[2J\u202eb\n") == "a\\x1b[2J\\u202eb\\x0a"
    assert printable("x" * 1000, 5) == "xxxx…"
    assert printable("naïve – 数字") == "naïve – 数字"


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40))
def test_spelling_in_ascii_keeps_the_width(text: str) -> None:
    assert spelled(text).isascii()
    assert cell_len(spelled(text)) == sum(map(cell_len, text))


@given(curves, st.integers(1, 130), st.integers(0, 50), st.booleans(), st.booleans(), st.booleans())
def test_a_plot_of_whatever_numbers_is_as_large_as_asked_and_never_raises(
    ys: list[float], width: int, height: int, log: bool, percent: bool, ascii: bool
) -> None:
    marks = ASCII if ascii else UNICODE
    xs = list(range(len(ys)))
    plot = Plot(
        "Loss",
        "epoch",
        series=(Series("training", xs, ys), Series("validation", xs, ys[::-1], 1)),
        log_y=log,
        percent=percent,
    )
    lines = [line.plain for line in picture(plot, width, height, DARK, marks).lines]
    assert all(cell_len(line) <= width for line in lines)
    assert len(lines) in (1, height)
    assert not ascii or "".join(lines).isascii()


@given(st.lists(values, min_size=1, max_size=400), st.integers(2, 40))
def test_thinning_never_loses_the_lowest_or_highest_value(ys: list[float], columns: int) -> None:
    xs = [float(x) for x in range(len(ys))]
    points = thin(xs, ys, 0, len(ys), columns)
    drawable = [y for y in ys if axes.drawable(y, False)]
    assert len(points) <= 2 * columns + 2
    assert all((x, y) == (xs[int(x)], ys[int(x)]) for x, y, _ in points)
    assert [x for x, _, _ in points] == sorted(x for x, _, _ in points)
    if drawable:
        assert min(y for _, y, _ in points) == min(drawable)
        assert max(y for _, y, _ in points) == max(drawable)
    else:
        assert not points


def test_a_spike_of_one_point_in_a_million_is_drawn() -> None:
    ys = [0.5] * 1_000_000
    ys[654_321] = 9.0
    assert max(y for _, y, _ in thin(range(len(ys)), ys, 0, len(ys), 70)) == 9.0


def test_a_value_that_is_not_finite_leaves_a_gap() -> None:
    points = thin([0.0, 1, 2, 3, 4], [1.0, 2.0, math.nan, 3.0, 4.0], 0, 4, 80)
    assert [(x, joined) for x, _, joined in points] == [(0, False), (1, True), (3, False), (4, True)]


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 240, 3, ["0", "100", "200"]),
        (0, 1, 6, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.05, 0.31, 4, ["0.1", "0.2", "0.3"]),
        (-1, 1, 5, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0, 2_000_000, 3, ["0", "1e6", "2e6"]),
    ],
)
def test_ticks_stand_at_round_places(low: float, high: float, most: int, expected: list[str]) -> None:
    assert axes.labels(axes.ticks(low, high, most)) == expected


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.08, 2.5, 6, ["0.1", "0.2", "0.5", "1", "2"]),
        (0.08, 2.5, 3, ["0.1", "0.3", "1"]),
        (1e-6, 10, 4, ["1e-6", "0.0001", "0.01", "1"]),
    ],
)
def test_log_ticks_are_round_numbers_and_no_powers_of_fractions(
    low: float, high: float, most: int, expected: list[str]
) -> None:
    assert axes.labels(axes.ticks(low, high, most, log=True), log=True) == expected


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9), st.integers(2, 12))
def test_ticks_lie_within_the_limits_and_are_no_more_than_asked(low: float, width: float, most: int) -> None:
    high = low + width
    if width > abs(low) * 1e-9:  # closer numbers have no decimal places between them
        places = axes.ticks(low, high, most)
        slack = (high - low) * 1e-6
        assert len(places) <= most
        assert all(low - slack <= place <= high + slack for place in places)


@pytest.mark.parametrize(
    ("low", "high", "columns", "log", "expected"),
    [
        (0, 60, 33, False, ["0", "20", "40", "60"]),
        (0, 240, 33, False, ["0", "50", "100", "150", "200"]),
        (0, 1_000_000, 33, False, ["0", "5e5", "1e6"]),
        (1, 100, 117, True, ["1", "2", "5", "10", "20", "50", "100"]),
    ],
)
def test_an_axis_has_as_many_ticks_as_its_labels_leave_room_for(
    low: float, high: float, columns: int, log: bool, expected: list[str]
) -> None:
    assert axes.along(low, high, columns, log)[1] == expected


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 1e6), st.integers(10, 200), st.booleans())
def test_more_than_two_labels_never_touch(low: float, width: float, columns: int, log: bool) -> None:
    high = low + width
    places, written = axes.along(low, high, columns, log)
    if len(places) > 2:
        scale = math.log10 if log else float
        at = [(scale(place) - scale(low)) / (scale(high) - scale(low)) * columns for place in places]
        assert all(b - a >= len(word) + 1 for a, b, word in zip(at, at[1:], written, strict=False))


def test_the_legend_stands_above_the_plot_and_gives_way_in_steps() -> None:
    series = (Series("training", [1], [1], 0, value="0.2310"), Series("validation", [1], [1], 1, value="0.2555"))
    plot = Plot("Loss", "epoch", series=series, y_label="cross-entropy")
    shown = {width: legend(plot, width, DARK, UNICODE).plain for width in (80, 45, 36, 20)}
    assert shown[80] == "Loss cross-entropy   ● training 0.2310   ◆ validation 0.2555"
    assert shown[45] == "Loss  ● training 0.2310  ◆ validation 0.2555"
    assert shown[36] == "Loss  ● training  ◆ validation"
    assert len(shown[20]) == 20
    assert picture(plot, 80, 12, DARK, UNICODE).lines[0].plain == shown[80]


def test_series_differ_by_mark_where_they_cannot_by_colour() -> None:
    xs = [float(x) for x in range(10)]
    plot = Plot("Loss", "epoch", series=(Series("a", xs, xs), Series("b", xs, xs[::-1], 1)))
    lines = picture(plot, 60, 15, PALETTES["plain"], UNICODE).lines
    assert any("●" in line.plain for line in lines[1:])
    assert any("◆" in line.plain for line in lines[1:])
    assert all(not span.style.color for line in lines for span in line.spans if not isinstance(span.style, str))


def test_signs_stand_at_the_foot_where_something_happened() -> None:
    plot = Plot("Loss", "epoch", series=(Series("a", [0, 10], [1, 2]),), signs=(Sign(5, "!"), Sign(99, "?")))
    rows = [line.plain for line in picture(plot, 60, 12, DARK, UNICODE).lines]
    assert "!" in rows[-3]
    assert not any("?" in row for row in rows)


def test_the_epoch_axis_grows_in_calm_stages_and_ends_with_the_run() -> None:
    history = History(resolve({"epochs": 240}), 100)
    seen = []
    for step in (0, 50, 150, 400, 1_100, 23_000):
        history.step = step
        seen.append(span(history))
    assert seen == [1, 1, 2, 5, 20, 240]
    assert run_plot(history, "loss").x_limits == (0, 240)


@pytest.mark.parametrize(
    ("text", "by", "whole", "expected"),
    [
        ("0.01", 1, False, "0.02"),
        ("0.01", -1, False, "0.005"),
        ("0.02", 1, False, "0.05"),
        ("0", 1, False, "0.0001"),
        ("0", -1, False, "0"),
        ("0.0001", -1, False, "5e-05"),
        ("1e-06", -1, False, "0"),
        ("240", 1, True, "500"),
        ("240", -1, True, "200"),
        ("1", 1, True, "2"),
        ("0", -1, True, "0"),
        ("abc", 1, False, "abc"),
        ("-3", 1, False, "-3"),
    ],
)
def test_steps_go_along_round_numbers(text: str, by: int, whole: bool, expected: str) -> None:
    assert stepped(text, by, whole) == expected


def test_numbers_are_written_as_people_read_them() -> None:
    assert [duration(s) for s in (0, 187, 3729, 400_000, None, math.nan)] == [
        "0:00",
        "3:07",
        "1:02:09",
        "4 d 15 h",
        "–",
        "–",
    ]
    assert [ago(s) for s in (0, 40, 600, 86_400)] == ["just now", "40 s ago", "10 min ago", "24 h ago"]
    assert [percent(p) for p in (0.9344, None, math.nan)] == ["93.44 %", "–", "–"]
    assert [number(n) for n in (0.25, None, math.nan, math.inf, 12345.6)] == [
        "0.2500",
        "–",
        "NaN",
        "infinite",
        "1.23e+04",
    ]
    assert [count(n) for n in (1234567, None)] == ["1,234,567", "–"]
