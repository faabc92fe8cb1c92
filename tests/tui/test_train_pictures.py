"""What the Train screen looks like, from scripted events and a clock that stands still."""

from collections.abc import Callable
from typing import Any

import pytest
from driving import MakeApp, settle
from scripted import ScriptedTrainers, dead_classes, ended, epoch, epochs, loading, piece, saved, started

from tui_trainer.events import Event, Paused, SaveFailed, Warned

SMALL, LARGE = (80, 24), (120, 40)
Compare = Callable[..., bool]
MISSING = "PyTorch is not installed: pip install torch"


def training() -> list[Event]:
    """Forty epochs, and a finding."""
    return [*epochs(40), dead_classes()]


def keys(*pressed: str) -> Callable[[Any], Any]:
    """Press these, and wait until all is drawn."""

    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press(*pressed)
        await settle(pilot)

    return press


@pytest.fixture
def looks_the_same(snap_compare: Compare, make_app: MakeApp) -> Compare:
    """Compare the app in a scripted state with its picture."""

    def compare(*events: Event, size: tuple[int, int] = SMALL, press: tuple[str, ...] = (), **arguments: Any) -> bool:
        app = make_app(list(events) or None, **arguments)
        return snap_compare(app, terminal_size=size, run_before=keys(*press))

    return compare


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
class TestInBothSizes:
    """The states that people see most, in both sizes that are worked in."""

    def test_before_the_first_run_the_settings_stand_beside_what_they_come_to(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same(size=size)

    def test_while_it_trains_both_plots_and_all_figures_are_seen(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same(*training(), size=size)

    def test_in_the_first_epoch_the_training_curve_is_made_of_slices(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        pieces = [piece(step) for step in range(20, 1_200, 20)]
        assert looks_the_same(started(), *pieces[:46], epoch(1), saved(1), *pieces[46:], size=size)

    def test_a_pause_is_said_and_resume_is_offered(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        assert looks_the_same(*training(), Paused(40, 40 * 937, at=training()[-1].at), size=size)

    def test_the_end_shows_the_summary(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        assert looks_the_same(*epochs(240), ended("done", 240), alive=False, size=size)

    def test_a_wrong_value_is_marked_in_its_field_with_a_sentence_and_start_is_off(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        steps = ("down", "down", "down", "down", "1", ".", "5", "enter")
        assert looks_the_same(size=size, press=("e", "e", *steps) if size == SMALL else ("tab", *steps))

    def test_without_pytorch_the_engine_says_what_to_install(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        trainers = ScriptedTrainers(missing=MISSING)
        assert looks_the_same(size=size, trainers=trainers, flags={"engine": "pytorch"})

    def test_while_the_trainer_imports_pytorch_the_screen_says_so(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same(loading(), size=size, flags={"engine": "pytorch"})

    def test_a_run_that_diverged_says_where_and_why(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        reason = "the training loss is NaN in epoch 8"
        events = [*epochs(7), epoch(8, loss=float("nan")), ended("diverged", 8, reason)]
        assert looks_the_same(*events, alive=False, size=size)

    def test_a_failed_save_says_since_when_nothing_was_saved(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        later = training()[-1].at + 120
        failure = SaveFailed("checkpoint", "No space left on device", 40 * 937, at=later)
        assert looks_the_same(*training(), failure, size=size)


@pytest.mark.parametrize("theme", ["light", "colour-blind", "plain"])
def test_each_theme_has_its_own_colours_and_the_same_marks(looks_the_same: Compare, theme: str) -> None:
    assert looks_the_same(*training(), size=LARGE, theme=theme)


def test_in_ascii_curves_borders_and_marks_are_ascii(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), ascii=True)


def test_in_ascii_a_window_over_the_screen_has_an_ascii_border(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), ascii=True, press=("question_mark",))


def test_without_colour_all_is_said_by_marks_and_words(
    looks_the_same: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_the_same(*training(), size=LARGE)


def test_without_colour_the_focused_field_is_seen(looks_the_same: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_the_same(press=("tab", "down"))


def test_at_40x12_there_are_numbers_and_one_plot(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), size=(40, 12))


def test_at_40x12_the_settings_can_be_reached(looks_the_same: Compare) -> None:
    assert looks_the_same(size=(40, 12), press=("e",))


def test_a_smaller_window_gets_one_plain_sentence(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), size=(32, 10))


def test_at_80x24_the_settings_of_a_run_stand_beside_its_plots_and_only_live_ones_can_change(
    looks_the_same: Compare,
) -> None:
    assert looks_the_same(*training(), press=("e",))


def test_all_settings_are_a_key_away(looks_the_same: Compare) -> None:
    assert looks_the_same(size=LARGE, press=("m",))


def test_the_help_is_made_of_the_key_table(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), size=LARGE, press=("question_mark",))


def test_quitting_while_a_run_trains_asks_what_shall_become_of_it(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), press=("q",))


def test_at_40x12_quitting_asks_in_few_lines(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), size=(40, 12), press=("q",))


def test_without_colour_what_is_chosen_in_a_list_is_underlined(
    looks_the_same: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_the_same(*training(), press=("q", "down"))


def test_a_logarithmic_axis_says_so(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), size=LARGE, press=("g",))


def test_the_list_of_presets_says_what_each_is(looks_the_same: Compare) -> None:
    assert looks_the_same(press=("tab", "enter"))


def test_the_batch_command_is_shown_to_be_copied(looks_the_same: Compare) -> None:
    assert looks_the_same(press=("c",), flags={"epochs": 5, "title": "it's mine"})


def test_the_log_shows_what_the_trainer_printed_with_its_control_characters_escaped(looks_the_same: Compare) -> None:
    assert looks_the_same(*training(), press=("l",))


def test_more_warnings_than_fit_are_counted(looks_the_same: Compare) -> None:
    warnings = [Warned(f"warning {number}: a sentence that takes its room on the screen") for number in range(6)]
    assert looks_the_same(*training(), *warnings)


def test_hostile_titles_and_reasons_are_only_text(looks_the_same: Compare) -> None:
    nasty = "[bold red]x[/]\x1b[2J\u202egnp.exe\n\ttail [link=evil]"
    events = [*epochs(3), Warned(nasty), ended("failed", 3, nasty * 3)]
    assert looks_the_same(*events, alive=False, flags={"title": nasty})


def test_a_trainer_that_is_gone_without_a_word_is_shown_as_such(looks_the_same: Compare) -> None:
    script = ScriptedTrainers(training(), alive=False)
    assert looks_the_same(*training(), trainers=script)
