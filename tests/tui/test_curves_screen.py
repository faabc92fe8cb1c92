"""Everything that a person can do on Curves, by keys and by mouse, on scripted runs."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import settle
from run_directories import append, five_runs, trained, write_run
from scripted import STEPS, T0, Clock, epoch

from tui_trainer.config import resolve
from tui_trainer.events import FindingMade, Paused, SettingChanged, Started
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.commands import commands_of
from tui_trainer.tui.curve_view import View
from tui_trainer.tui.measures import AXES, MEASURES
from tui_trainer.tui.panels.curve_plot import CurvePlot
from tui_trainer.tui.panels.run_legend import RunLegend
from tui_trainer.tui.screens.curves import CurvesScreen

Steps = Callable[[Any, View], Awaitable[None]]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Five runs, named from where the app stands."""
    monkeypatch.chdir(tmp_path)
    return five_runs(Path("runs"))


def app_on(paths: list[Path]) -> TrainerApp:
    """An app that looks at the first run and has the others pinned."""
    bench = Bench(resolve({}), Path("runs"), attach=paths[0] if paths else None, clock=Clock())
    bench.pinned = paths[1:]
    return TrainerApp(bench, ascii=False, preferences_path=bench.runs / "app.json")


def on_curves(paths: list[Path], steps: Steps, size: tuple[int, int] = (120, 40)) -> None:
    """Open Curves on these runs and do something there."""

    async def session() -> None:
        app = app_on(paths)
        async with app.run_test(size=size) as pilot:
            await pilot.press("2")
            await settle(pilot)
            await settle(pilot)
            assert isinstance(app.screen, CurvesScreen)
            await steps(pilot, app.screen.view)

    asyncio.run(session())


def legend(pilot: Any) -> str:
    return pilot.app.screen.query_one(RunLegend).render().plain


def plot(pilot: Any, name: str = "first") -> str:
    plot = pilot.app.screen.query_one(f"#{name}", CurvePlot)
    return "\n".join(line.text for line in plot.render_lines(plot.size.region))


def test_the_cursor_goes_from_epoch_to_epoch_and_the_values_follow(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await pilot.press("home")
        assert view.cursor == 1
        assert "epoch 1  step 937  trained 2.00 s" in legend(pilot)
        await pilot.press("right", "right")
        assert view.cursor == 3
        value = view.overlay.runs[0].history.curves["validation_loss"].values[2]
        assert f"{value:.4f}" in legend(pilot)
        await pilot.press("shift+right", "left")
        assert view.cursor == 12
        await pilot.press("end")
        assert view.cursor == 60
        await pilot.press("escape")
        assert view.cursor is None
        assert "newest values" in legend(pilot)

    on_curves(runs[:1], steps)


def test_a_click_puts_the_cursor_under_it(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        widget = pilot.app.screen.query_one("#first", CurvePlot)
        left, width = widget._picture.left, widget._picture.columns
        for share in (0.0, 0.25, 0.5, 1.0):
            column = left + round(share * (width - 1))
            await pilot.click("#first", offset=(column, 5))
            assert view.cursor == max(1, round(60 * share))
        for line in plot(pilot).split("\n")[1:-2]:
            assert line[left + width - 1] == "│" or not line[left + width - 1 :].isspace()

    on_curves(runs[:1], steps)


def test_the_wheel_zooms_around_the_pointer_and_a_pull_moves(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        widget = pilot.app.screen.query_one("#first", CurvePlot)
        column = widget._picture.left + (widget._picture.columns - 1) // 2
        place = widget._picture.x_at(column)
        for _ in range(5):
            widget.post_message(CurvePlot.Zoomed(place, 1.25))
        await pilot.pause()
        assert view.stretch is not None
        assert view.stretch.high - view.stretch.low == pytest.approx(60 / 1.25**5)
        assert view.stretch.share(place) == pytest.approx(0.5, abs=0.01)
        before = view.stretch
        await pilot.mouse_down("#first", offset=(column, 5))
        await pilot.hover("#first", offset=(column + 10, 5))
        await pilot.mouse_up("#first", offset=(column + 10, 5))
        assert view.stretch.low < before.low
        assert view.cursor is None

    on_curves(runs[:1], steps)


def test_keys_zoom_around_the_cursor_move_and_show_all_again(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await pilot.press("end", "left", "left", "plus", "plus")
        assert view.seen.high - view.seen.low == pytest.approx(15)
        assert view.cursor == 58
        await pilot.press("<")
        assert view.seen.high < 60
        await pilot.press("end", *["right"] * 4)
        assert view.seen.share(view.cursor) <= 1
        await pilot.press("minus", ">")
        await pilot.press("0")
        assert view.stretch is None

    on_curves(runs[:1], steps)


def test_all_measures_axes_and_splits_can_be_drawn(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        screen = pilot.app.screen
        for measure in MEASURES:
            assert view.measure is measure
            for axis in AXES:
                assert view.axis is axis
                for split in ("both", "training", "validation"):
                    assert view.split == split
                    drawn = plot(pilot)
                    assert axis.name in drawn
                    assert measure.name.split(",")[0].split()[-1] in drawn
                    screen.action_split()
                screen.action_axis()
            screen.action_measure(1)
        assert view.measure is MEASURES[0]
        await pilot.press("M", "t", "x")
        assert (view.measure, view.split, view.axis) == (MEASURES[-1], "training", AXES[1])

    on_curves(runs[:2], steps)


def test_both_axes_can_be_logarithmic_and_the_choice_for_y_is_kept(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await pilot.press("l", "L")
        assert "log x and y" in plot(pilot)
        assert view.whole().low == 1
        await pilot.press("right", "plus", "m", "x")
        assert pilot.app.preferences.log_axis

    on_curves(runs, steps)


def test_smoothing_shows_the_raw_curve_behind_and_both_values(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await pilot.press("s", "s", "end")
        assert "smoothed 0.8" in plot(pilot)
        track = view.track(view.overlay.runs[0], "validation")
        assert f"{track.raw[-1]:.4f}" in legend(pilot)
        assert f"{track.smooth[-1]:.4f}" in legend(pilot)
        drawn = view.plots(False, _palette())[0].series
        assert [series.faint for series in drawn] == [False, False, True, True]
        await pilot.press("S", "S", "S")
        assert view.weight == 0

    on_curves(runs[:1], steps)


def _palette() -> Any:
    from tui_trainer.tui.themes import palette

    return palette("dark")


def test_runs_are_hidden_shown_alone_and_let_go(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        overlay = view.overlay
        slots = {shown.path: shown.slot for shown in overlay.runs}
        assert len(set(slots.values())) == 5
        await pilot.press("down", "h")
        assert [shown.path for shown in overlay.visible] == [runs[0], *runs[2:]]
        assert "hidden" in legend(pilot)
        await pilot.press("h", "o")
        assert [shown.path for shown in overlay.visible] == [runs[1]]
        assert view.overlaid
        await pilot.press("o", "p")
        await settle(pilot)
        assert pilot.app.bench.pinned == runs[2:]
        assert [shown.path for shown in overlay.runs] == [runs[0], *runs[2:]]
        assert all(shown.slot == slots[shown.path] for shown in overlay.runs)
        await pilot.press("up", "up", "p")
        pilot.app.bench.open(runs[1])
        await settle(pilot)
        await settle(pilot)
        assert runs[0] in {shown.path for shown in overlay.runs}, "a pinned run stays when another one is opened"

    on_curves(runs, steps)


def test_the_mouse_chooses_a_run_and_hides_it(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await pilot.click("#legend", offset=(20, 4))
        assert view.chosen is view.overlay.runs[2]
        await pilot.click("#legend", offset=(1, 3))
        assert view.overlay.runs[1].hidden

    on_curves(runs, steps)


def test_what_happened_is_told_where_it_happened(runs: list[Path]) -> None:
    events = [
        SettingChanged("learning_rate", 0.01, 0.001, 20, 20 * STEPS, at=T0 + 42),
        Paused(25, 25 * STEPS, "asked", at=T0 + 52),
        Started(1, "here", 30, 30 * STEPS, "step-000028110.safetensors", at=T0 + 61),
        FindingMade("dead-classes", 40, 40 * STEPS, "warning", {}, "why", "cure", at=T0 + 82),
    ]
    path = write_run(Path("runs"), "20990101-000000-mark", [*trained(60), *events]).path

    async def steps(pilot: Any, view: View) -> None:
        await pilot.press("i", "n")
        told = []
        for words in ("learning_rate 0.01 → 0.001", "paused: asked", "resumed from step", "dead-classes"):
            while words not in legend(pilot):
                before = view.cursor
                pilot.app.screen.action_mark(1)
                assert view.cursor != before, words
            told.append(view.cursor)
        assert told == [20, 25, 30, 40]
        assert "dead-classes" in pilot.app.screen.query_one("#first", CurvePlot).hint
        await pilot.press("i")
        assert view.signs == 0
        assert "dead-classes" not in legend(pilot)

    on_curves([path], steps)


def test_every_checkpoint_is_marked_for_the_chosen_run(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        foot = plot(pilot).split("\n")[-3]
        assert foot.count("·") > 40
        await pilot.press("home", "right", "right", "right", "right", "right", "right")
        assert "best checkpoint" in legend(pilot)

    on_curves(runs[:1], steps)


def test_a_diverged_run_has_a_gap_with_a_mark_and_the_reason(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        assert "⊘" in plot(pilot)
        await pilot.press("end")
        assert "NaN" in legend(pilot)
        assert "infinite" in legend(pilot)
        hint = pilot.app.screen.query_one("#first", CurvePlot).hint
        assert "training loss is NaN: the training loss is NaN from step 18740" in hint
        track = view.track(view.overlay.runs[0], "training")
        assert track.bad == list(range(19, 23))
        await pilot.press("s", "l", "plus")

    on_curves([runs[3]], steps)


def test_a_run_that_trains_grows_while_it_is_watched(runs: list[Path]) -> None:
    growing = write_run(Path("runs"), "20990101-000000-grow", trained(3, status=""))

    async def steps(pilot: Any, view: View) -> None:
        append(growing, [epoch(4), epoch(5)])
        for _ in range(12):
            pilot.app.tick()
        await settle(pilot)
        shown = next(shown for shown in view.overlay.runs if shown.path == growing.path)
        assert list(view.track(shown, "validation").xs) == [1, 2, 3, 4, 5]

    on_curves([runs[0], growing.path], steps)


def test_a_resume_that_cuts_curves_back_is_followed(runs: list[Path]) -> None:
    cut = write_run(Path("runs"), "20990101-000000-cuts", trained(9, status=""))

    async def steps(pilot: Any, view: View) -> None:
        assert len(view.track(view.overlay.runs[1], "validation").xs) == 9
        lines = cut.metrics.read_bytes().splitlines(keepends=True)
        cut.metrics.write_bytes(b"".join(lines[:5]))
        append(cut, [Started(1, "here", 5, 5 * STEPS, "step-000004685.safetensors", at=T0 + 90)])
        for _ in range(12):
            pilot.app.tick()
        await settle(pilot)
        assert len(view.track(view.overlay.runs[1], "validation").xs) == 5

    on_curves([runs[0], cut.path], steps)


def test_a_pinned_run_that_cannot_be_read_is_said_and_the_others_are_drawn(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        assert "not a run" in legend(pilot)
        assert len(view.overlay.runs) == 2

    on_curves([*runs[:2], Path("runs/nothing")], steps)


def test_where_two_columns_of_values_leave_no_room_the_runs_are_told_by_what_differs(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        row = next(line for line in legend(pilot).splitlines() if "k3f3" in line or "with dropout" in line)
        assert "rate 0.1" in row
        assert "dropout 0.25" in row
        assert "sgd" not in row, "all but one are; the other is not shown"
        assert "pinned" in row

    on_curves([runs[0], runs[2]], steps, size=(80, 24))


def test_a_run_whose_directory_is_removed_keeps_what_was_read_of_it(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        shutil.rmtree(runs[4])
        for _ in range(12):
            pilot.app.tick()
        await settle(pilot)
        assert len(view.track(view.overlay.runs[0], "validation").xs) == 33
        assert "removed" in (pilot.app.bench.silence or "")

    on_curves([runs[4]], steps)


def test_without_a_run_every_key_is_harmless(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        assert "no run" in legend(pilot)
        for command in commands_of(pilot.app.screen):
            await pilot.app.screen.run_action(command.action)
        await pilot.click("#first", offset=(30, 5))

    on_curves([], steps)


@pytest.mark.parametrize("size", [(120, 40), (40, 12)])
def test_every_key_in_every_size_draws_something(runs: list[Path], size: tuple[int, int]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        for command in commands_of(pilot.app.screen):
            await pilot.press(command.key.split(",")[0])
        await pilot.resize_terminal(20, 5)

    on_curves(runs, steps, size)


def test_a_storm_of_resizes_breaks_nothing(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        await pilot.press("end", "s", "plus")
        for width, height in ((200, 60), (10, 3), (40, 12), (79, 23), (120, 35), (16, 50), (300, 8), (80, 24)):
            await pilot.resize_terminal(width, height)
            pilot.app.screen.draw()
            await pilot.pause()
        assert "epoch" in legend(pilot)

    on_curves(runs, steps)


def test_hostile_names_are_only_text(runs: list[Path]) -> None:
    async def steps(pilot: Any, view: View) -> None:
        text = legend(pilot)
        assert "[red]hostile\\x1b[31m name\\u202e" in text
        assert "\x1b" not in text
        assert "\u202e" not in text

    on_curves(runs, steps)


def test_a_run_of_a_million_steps_keeps_its_spike(runs: list[Path]) -> None:
    events = trained(1070, status="done")
    spike = epoch(700, loss=50.0)
    events[1 + 2 * 699] = spike
    path = write_run(Path("runs"), "20990101-000000-long", events, epochs=1070).path

    async def steps(pilot: Any, view: View) -> None:
        assert view.overlay.runs[0].history.step > 1_000_000
        assert view.plots(False, _palette())[0].series
        ticks = [line.partition("┤")[0].strip() for line in plot(pilot).split("\n") if "┤" in line]
        assert ticks[0] in ("40", "50"), "the axis reaches up to the spike"
        await pilot.press("x", "end", "plus")
        assert "1,002,590" in legend(pilot)

    on_curves([path], steps)
