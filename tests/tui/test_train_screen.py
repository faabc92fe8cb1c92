"""What a user can do on the Train screen, by keys and by mouse, over scripted trainers."""

from dataclasses import replace
from typing import Any

import pytest
from conftest import MakeApp, settle
from scripted import RUN, Clock, ScriptedTrainers, dead_classes, ended, epoch, epochs, saved

from tui_trainer.config import resolve
from tui_trainer.events import Paused, SettingChanged
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import SILENT_SECONDS
from tui_trainer.tui.panels.actions import Action
from tui_trainer.tui.panels.fields import Editor, Field
from tui_trainer.tui.panels.frame import HintLine, KeyBar, TabBar
from tui_trainer.tui.panels.notices import notices
from tui_trainer.tui.panels.pick import PickOne
from tui_trainer.tui.panels.progress import Summary
from tui_trainer.tui.panels.settings import SettingsPanel
from tui_trainer.tui.screens.dialogs import ReadDialog

LARGE = (120, 40)


def field(app: TrainerApp, name: str) -> Field:
    """The field of a setting."""
    return app.screen.query_one(f"#field-{name}", Field)


def script(app: TrainerApp) -> ScriptedTrainers:
    """The trainers of the test."""
    trainers = app.bench.trainers
    assert isinstance(trainers, ScriptedTrainers)
    return trainers


def text(app: TrainerApp, widget: Any) -> str:
    """What a widget says."""
    return app.screen.query_one(widget).render().plain


async def press(pilot: Any, *keys: str) -> None:
    """Press keys, and wait until all is done and drawn."""
    await pilot.press(*keys)
    await settle(pilot)


async def type_into(pilot: Any, name: str, value: str) -> None:
    """Focus a field, open its editor, replace what is in it, keep it."""
    field(pilot.app, name).focus()
    await press(pilot, "enter", "ctrl+u", "ctrl+k", *value, "enter")


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


async def test_left_and_right_change_a_choice_and_what_depends_on_it_appears(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert not field(app, "momentum").display
        field(app, "optimizer").focus()
        await press(pilot, "right")
        assert app.bench.config.optimizer == "momentum"
        assert field(app, "momentum").display
        await press(pilot, "left", "left")
        assert app.bench.config.optimizer == "adamw"


async def test_enter_lists_the_choices_and_takes_one(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "network").focus()
        await press(pilot, "enter")
        assert isinstance(app.screen, PickOne)
        await press(pilot, "down", "down", "enter")
        assert app.bench.config.network == "mlp"
        assert field(app, "hidden").display


async def test_the_mouse_steps_a_value_opens_a_list_and_opens_an_editor(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.click(field(app, "epochs"), offset=(17, 0))
        assert app.bench.config.epochs == 200
        await pilot.click(field(app, "epochs"), offset=(20, 0))
        assert app.screen.query_one(Editor).value == "200"
        await pilot.press("escape")
        await pilot.click(field(app, "network"), offset=(20, 0))
        assert isinstance(app.screen, PickOne)
        await pilot.press("escape")
        await pilot.click(field(app, "init"), offset=(2, 0))
        assert app.focused is field(app, "init")


async def test_escape_leaves_the_list_without_taking_anything(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "network").focus()
        await press(pilot, "enter", "down", "escape")
        assert app.bench.config.network == "assignment"


async def test_a_digit_on_a_number_begins_to_type_it(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "epochs").focus()
        await press(pilot, "1", "2")
        assert app.screen.query_one(Editor).value == "12"
        await press(pilot, "enter")
        assert app.bench.config.epochs == 12
        assert app.focused is field(app, "epochs")


async def test_left_and_right_step_numbers_along_round_values(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "learning_rate").focus()
        await press(pilot, "right", "right")
        assert app.bench.config.learning_rate == pytest.approx(0.05)
        await press(pilot, *["left"] * 4)
        assert app.bench.config.learning_rate == pytest.approx(0.002)


async def test_escape_while_typing_leaves_the_value_as_it_was(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "epochs").focus()
        await press(pilot, "9", "9", "escape")
        assert app.bench.config.epochs == 240
        assert not app.screen.query(Editor)


async def test_letters_typed_into_a_field_are_text_and_no_commands(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "m")
        await type_into(pilot, "title", "quest")
        assert app.bench.config.title == "quest"
        assert not script(app).started


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("dropout", "1.5", "must be at least 0 and below 1, not 1.5"),
        ("learning_rate", "abc", "must be a number, not 'abc'"),
        ("epochs", "0", "must be at least 1 and at most 1e+07, not 0"),
        ("train_examples", "60001", "must be at most 60,000, the data has no more"),
    ],
)
async def test_a_wrong_value_is_marked_and_start_is_off_until_it_is_mended(
    make_app: MakeApp, name: str, value: str, sentence: str
) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        good = field(app, name).text
        await type_into(pilot, name, value)
        assert field(app, name).problem == sentence
        assert field(app, name).text == value
        await press(pilot, "s")
        assert not script(app).started
        assert app.screen.query_one("#action-start", Action).has_class("-off")
        await type_into(pilot, name, good or "30000")
        assert not field(app, name).problem
        await press(pilot, "s")
        assert len(script(app).started) == 1


async def test_two_wrong_values_are_both_marked_and_mending_one_leaves_the_other(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await type_into(pilot, "epochs", "0")
        await type_into(pilot, "dropout", "2")
        await type_into(pilot, "epochs", "7")
        panel = app.screen.query_one(SettingsPanel)
        assert set(panel.problems) == {"dropout"}
        assert panel.config.epochs == 7


async def test_a_preset_sets_all_settings(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "preset").focus()
        await press(pilot, "right")
        assert app.bench.config == resolve({}, None, "assignment-2-adam")
        await type_into(pilot, "learning_rate", "0.001")
        assert field(app, "preset").text == "assignment-2-adam *"


async def test_without_the_engine_start_is_off_and_says_what_to_install(make_app: MakeApp) -> None:
    app = make_app(trainers=ScriptedTrainers(missing="PyTorch is not installed: pip install torch"))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "engine").focus()
        await press(pilot, "right")
        assert "pip install torch" in field(app, "engine").problem
        await press(pilot, "s")
        assert not script(app).started
        await press(pilot, "right", "s")
        assert len(script(app).started) == 1


async def test_what_is_found_wrong_only_at_the_start_is_marked_in_its_field(make_app: MakeApp) -> None:
    app = make_app()
    script(app).refuse("batch_size", "must be at most 30,000, the training examples")
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "s")
        assert "at most 30,000" in field(app, "batch_size").problem
        assert app.bench.directory is None


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
        assert "Resume" in text(app, KeyBar)
        await press(pilot, "space", "x", "k")
        assert script(app).requests[1:] == [("continue", {}), ("stop", {"save": True}), ("save", {})]


async def test_a_live_setting_is_asked_for_and_shown_at_once_the_others_are_locked(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "learning_rate").focus()
        await press(pilot, "left")
        assert script(app).requests == [("set", {"name": "learning_rate", "value": 0.005})]
        assert field(app, "learning_rate").text == "0.005"
        await pilot.click(field(app, "network"), offset=(20, 0))
        await settle(pilot)
        assert not isinstance(app.screen, PickOne)
        assert not field(app, "network").focusable


async def test_a_change_by_somebody_else_is_shown_in_the_field(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        reader = script(app).reader
        assert reader is not None
        reader.say(SettingChanged("dropout", 0.0, 0.25, 5, 5 * 937, at=app.bench.clock()))
        await settle(pilot)
        assert field(app, "dropout").text == "0.25"


async def test_a_wrong_live_value_is_marked_and_not_asked_for(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await type_into(pilot, "dropout", "1")
        assert "below 1" in field(app, "dropout").problem
        assert not script(app).requests


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
        assert "gone" in text(app, TabBar)
        await press(pilot, "r")
        assert script(app).resumed == [RUN]
        assert "gone" not in text(app, TabBar)


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
        assert "gone" in text(app, TabBar)
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


async def test_the_hint_says_what_the_focused_control_means(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "Start a run" in text(app, HintLine)
        field(app, "seed").focus()
        await settle(pilot)
        assert "Seed of data, order, weights and dropout" in text(app, HintLine)


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


async def test_every_control_is_reached_by_tab_and_says_what_it_means(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "m")
        seen: set[str] = set()
        for _ in range(60):
            await pilot.press("tab")
            focused = app.focused
            assert focused is not None
            assert getattr(focused, "hint", "")
            seen.add(focused.id or "")
        shown = {item.id or "" for item in app.screen.query(Field) if item.display}
        assert shown <= seen
        assert "action-start" in seen


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
