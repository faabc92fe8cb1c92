"""What a user can do with the settings of the Train screen, by keys and by mouse, over scripted trainers."""

import asyncio
from itertools import product

import pytest
from driving import LARGE, MakeApp, field, press, script, settle, text, type_into
from scripted import ScriptedTrainers, epochs
from textual.events import Key

from tui_trainer.config import SETTINGS, resolve
from tui_trainer.tui.panels.actions import Action
from tui_trainer.tui.panels.fields import Editor, Field
from tui_trainer.tui.panels.frame import HintLine
from tui_trainer.tui.panels.pick import PickOne
from tui_trainer.tui.panels.setting_rows import UNTYPED, preset_field, setting_field
from tui_trainer.tui.panels.settings import SettingsPanel


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
        ("epochs", "0", "must be at least 1 and at most 10,000,000, not 0"),
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


async def test_a_preset_says_which_changes_are_gone(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        field(app, "preset").give("assignment-2-sgd")
        await settle(pilot)
        assert not app._notifications, "nothing was changed"
        field(app, "learning_rate").give("0.7")
        field(app, "seed").give("3")
        await settle(pilot)
        field(app, "preset").give("assignment-1")
        await settle(pilot)
        (said,) = app._notifications
        assert {"learning rate 0.7", "seed 3"} == set(said.message.partition("Gone: ")[2].split(", "))


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


async def test_a_wrong_live_value_is_marked_and_not_asked_for(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await type_into(pilot, "dropout", "1")
        assert "below 1" in field(app, "dropout").problem
        assert not script(app).requests


async def test_the_hint_says_what_the_focused_control_means(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "Start a run" in text(app, HintLine)
        field(app, "seed").focus()
        await settle(pilot)
        assert "Seed of data, order, weights and dropout" in text(app, HintLine)


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


@pytest.mark.parametrize("locked", [False, True])
def test_what_a_setting_means_fits_into_the_bottom_line_of_80_columns(locked: bool) -> None:
    for item in (preset_field(), *(setting_field(name) for name in SETTINGS if name not in UNTYPED)):
        item.locked = locked
        assert len(item.hint) <= 79, item.hint


async def test_keys_that_come_faster_than_the_editor_opens_are_not_lost(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        for typed in ("0.05", "0", "0.03", "0.125"):
            field(app, "learning_rate").focus()
            await settle(pilot)
            for character in typed:
                app.post_message(Key("full_stop" if character == "." else character, character))
            app.post_message(Key("enter", "\r"))
            await settle(pilot)
            await settle(pilot)
            assert field(app, "learning_rate").text == typed


async def test_keys_stay_in_order_however_the_opening_of_the_editor_falls_between_them(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        rate = field(app, "learning_rate")
        for together, turns in product((1, 2, 3), range(8)):  # keys at once, then turns of the loop
            rate.focus()
            await settle(pilot)
            for place, character in enumerate("0.1697"):
                app.post_message(Key("full_stop" if character == "." else character, character))
                for _ in range(turns if place == together else 0):
                    await asyncio.sleep(0)
            app.post_message(Key("enter", "\r"))
            await settle(pilot)
            await settle(pilot)
            assert rate.text == "0.1697", (together, turns)
