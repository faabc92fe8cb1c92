"""What a user can do with a run on the Train screen, by keys and by mouse, over scripted trainers."""

from dataclasses import replace
from typing import Any

import pytest
from driving import LARGE, MakeApp, field, press, script, settle, text
from scripted import RUN, STEPS, T0, Clock, dead_classes, ended, epoch, epochs, saved
from textual.widgets import Static

from tui_trainer.clock import SILENT_SECONDS
from tui_trainer.config import resolve
from tui_trainer.events import Paused, SettingChanged
from tui_trainer.tui.panels.actions import Action
from tui_trainer.tui.panels.frame import HintLine, KeyBar, TabBar
from tui_trainer.tui.panels.notices import notices
from tui_trainer.tui.panels.pick import PickOne
from tui_trainer.tui.panels.plotted import PlotPanel
from tui_trainer.tui.panels.progress import Progress, Summary
from tui_trainer.tui.screens.dialogs import ReadDialog


async def test_s_starts_a_run_with_the_settings_as_they_stand(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "s")
        assert script(app).started == [resolve({})]
        assert app.bench.directory == RUN
        assert app.screen.has_class("-living")


async def test_enter_on_the_focused_button_starts_too(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        assert len(script(app).started) == 1


async def test_a_click_on_the_button_or_on_the_footer_starts_too(make_app: MakeApp) -> None:
    for target in (Action, KeyBar):
        app = make_app()
        async with app.run_test() as pilot:
            await settle(pilot)
            await pilot.click(target, offset=(3, 0))
            await settle(pilot)
            assert len(script(app).started) == 1


async def test_space_pauses_and_goes_on_and_x_stops_and_saves(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "space")
        assert script(app).requests == [("pause", {})]
        reader = script(app).reader
        assert reader is not None
        reader.say(Paused(5, 5 * 937, at=app.bench.clock()))
        await settle(pilot)
        assert "Continue" in text(app, KeyBar)
        await press(pilot, "space", "x", "k")
        assert script(app).requests[1:] == [("continue", {}), ("stop", {"save": True}), ("save", {})]


async def test_the_plots_fill_their_panels_when_the_settings_come_and_go(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        widths = set()
        for _ in range(3):
            await press(pilot, "e")
            for name in ("loss", "error"):
                panel = app.screen.query_one(f"#{name}", PlotPanel)
                axis = panel.render_lines(panel.size.region)[-2].text
                assert len(axis.rstrip()) == panel.size.width
                widths.add(panel.size.width)
        assert len(widths) == 2


async def test_a_narrow_window_with_the_settings_open_still_says_how_good_the_network_is(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e")
        assert "train acc.    valid acc." in text(app, Progress)


async def test_a_change_by_somebody_else_is_shown_in_the_field(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        reader = script(app).reader
        assert reader is not None
        reader.say(SettingChanged("dropout", 0.0, 0.25, 5, 5 * 937, at=app.bench.clock()))
        await settle(pilot)
        assert field(app, "dropout").text == "0.25"


async def test_at_the_end_the_summary_stands_and_another_run_can_start(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        reader = script(app).reader
        assert reader is not None
        reader.alive = False
        reader.say(epoch(6), saved(6), ended("done", 6))
        await settle(pilot)
        words = text(app, Summary)
        assert "Done" in words
        assert "step-000005622.safetensors" in words
        await press(pilot, "s")
        assert len(script(app).started) == 1


async def test_a_gone_trainer_is_said_and_r_goes_on(make_app: MakeApp) -> None:
    app = make_app(epochs(5), alive=False)
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "interrupted" in text(app, TabBar)
        await press(pilot, "r")
        assert script(app).resumed == [RUN]
        assert "interrupted" not in text(app, TabBar)


async def test_a_removed_run_is_said_and_offers_nothing_that_cannot_be(make_app: MakeApp) -> None:
    app = make_app([*epochs(5), saved(5)])
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        reader = script(app).reader
        assert reader is not None
        reader.alive, reader.gone = False, True
        for _ in range(10):
            app.tick()
        await settle(pilot)
        assert "removed this run's directory" in (app.bench.silence or "")
        assert "no checkpoint is left" in text(app, Summary)
        await press(pilot, "r")
        assert script(app).resumed == []


@pytest.mark.parametrize("key", "1234567")
async def test_the_tabs_say_on_every_screen_how_the_run_stands(make_app: MakeApp, key: str) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, key)
        assert "training" in text(app, TabBar)
        reader = script(app).reader
        assert reader is not None
        reader.say(Paused(5, 5 * STEPS, at=T0 + 12))
        await settle(pilot)
        assert "paused" in text(app, TabBar)
        reader.alive = False
        await settle(pilot)
        assert "interrupted" in text(app, TabBar)


async def test_a_trainer_that_never_begins_is_gone_after_a_while(make_app: MakeApp) -> None:
    app = make_app(alive=False)
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "s")
        assert app.screen.has_class("-living")
        clock = app.bench.clock
        assert isinstance(clock, Clock)
        clock.now += SILENT_SECONDS
        for _ in range(10):
            app.tick()
        assert "interrupted" in text(app, TabBar)
        assert app.screen.has_class("-over")


async def test_a_silent_trainer_is_said_and_is_well_again_when_it_speaks(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        clock = app.bench.clock
        assert isinstance(clock, Clock)
        clock.now += 30
        assert any("silent for 30 s" in sentence for _, sentence in notices(app.bench))
        reader = script(app).reader
        assert reader is not None
        reader.say(replace(epoch(6), at=clock.now))
        await settle(pilot)
        assert app.bench.silence is None


async def test_quitting_while_it_trains_asks_and_each_answer_does_what_it_says(make_app: MakeApp) -> None:
    asked: dict[int, list[tuple[str, dict[str, Any]]]] = {
        0: [],
        1: [("stop", {"save": True})],
        2: [("stop", {"save": False})],
    }
    for downs, requests in asked.items():
        app = make_app(epochs(5))
        async with app.run_test() as pilot:
            await settle(pilot)
            await press(pilot, "q")
            assert isinstance(app.screen, PickOne)
            await pilot.press(*["down"] * downs, "enter")
            await pilot.pause()
        assert script(app).requests == requests
        assert app.return_value == 0


async def test_a_paused_run_is_left_paused(make_app: MakeApp) -> None:
    app = make_app([*epochs(5), Paused(5, 5 * STEPS, at=T0 + 12)])
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "q")
        assert isinstance(app.screen, PickOne)
        words = "".join(str(widget.render()) for widget in app.screen.query(Static))
        assert "A run is paused" in words
        await pilot.press("enter")
        await pilot.pause()
        assert script(app).requests == []
        assert app.return_value == 0


async def test_the_command_of_a_living_run_has_what_was_changed(make_app: MakeApp) -> None:
    app = make_app([*epochs(5), SettingChanged("learning_rate", 0.01, 0.25, 5, 5 * STEPS, at=T0 + 12)])
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "c")
        await pilot.press("y")
        assert "--learning-rate 0.25" in str(app.screen.query_one("#text", Static).render())


async def test_after_a_start_that_was_refused_another_can_be_tried(make_app: MakeApp) -> None:
    app = make_app()
    script(app).refuse("network", "custom wants its layers")
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "s")
        await settle(pilot)
        assert "reading the data" not in text(app, HintLine)
        assert "s Start" in text(app, KeyBar)


async def test_cancel_and_escape_stay(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "q", "down", "down", "down", "enter", "q", "escape")
        assert app.is_running
        assert not script(app).requests


async def test_without_a_run_q_leaves_at_once(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value == 0


async def test_the_command_can_be_copied(make_app: MakeApp) -> None:
    app = make_app(flags={"epochs": 5})
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "c")
        assert isinstance(app.screen, ReadDialog)
        await press(pilot, "y")
        assert app.clipboard == "tui-trainer --batch --preset assignment-1 --epochs 5"


async def test_the_findings_are_read_in_full(make_app: MakeApp) -> None:
    app = make_app([*epochs(12), dead_classes()])
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f")
        assert "Use network softmax" in app.screen.query_one("#text").render().plain  # ty: ignore[missing-attribute]
        await press(pilot, "escape")
        assert not isinstance(app.screen, ReadDialog)


async def test_theme_more_settings_and_log_axis_are_remembered(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "T", "m", "g")
        kept = app.preferences
    again = make_app()
    assert again.preferences == kept
    assert (again.theme, kept.more_settings, kept.log_axis) == ("light", True, True)


async def test_the_palette_finds_commands_by_name(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+p", *"stop and")
        await pilot.pause(0.5)
        await press(pilot, "enter")
        assert script(app).requests == [("stop", {"save": True})]


async def test_a_storm_of_resizes_never_raises(make_app: MakeApp) -> None:
    app = make_app([*epochs(30), dead_classes()])
    sizes = [
        (120, 40),
        (80, 24),
        (40, 12),
        (20, 5),
        (1, 1),
        (200, 60),
        (79, 23),
        (41, 13),
        (300, 10),
        (10, 80),
        (80, 24),
    ]
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        for width, height in sizes * 2:
            await pilot.resize_terminal(width, height)
            app.tick()
            app.tick()
        await settle(pilot)
        assert app.screen.has_class("-medium")
