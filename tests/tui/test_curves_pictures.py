"""What Curves looks like, from scripted run directories and a clock that stands still."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import settle
from run_directories import five_runs, trained, write_run
from scripted import STEPS, T0, Clock, dead_classes

from tui_trainer.config import resolve
from tui_trainer.events import SettingChanged, Started
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench

SMALL, LARGE = (80, 24), (120, 40)
Compare = Callable[..., bool]
ONE, ALL = slice(0, 1), slice(0, 5)


@pytest.fixture
def looks_the_same(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Compare Curves, on runs that lie under a folder whose name is always the same, with its picture."""
    monkeypatch.chdir(tmp_path)
    five_runs(Path("runs"))

    def compare(
        which: slice | str = ALL,
        *press: str,
        size: tuple[int, int] = SMALL,
        theme: str | None = None,
        ascii: bool = False,
    ) -> bool:
        paths = [Path("runs") / which] if isinstance(which, str) else sorted(Path("runs").iterdir())[which]
        bench = Bench(resolve({}), Path("runs"), attach=paths[0] if paths else None, clock=Clock())
        bench.pinned = paths[1:]
        app = TrainerApp(bench, ascii=ascii, preferences_path=Path("app.json"))
        if theme is not None:
            app.theme = theme

        async def before(pilot: Any) -> None:
            await pilot.press("2")
            await settle(pilot)
            await settle(pilot)
            await pilot.press(*press)
            await settle(pilot)

        return snap_compare(app, terminal_size=size, run_before=before)

    return compare


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
class TestInBothSizes:
    """The states that people see most, in both sizes that are worked in."""

    def test_one_run_has_training_and_validation_in_one_plot(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same(ONE, size=size)

    def test_many_runs_have_a_plot_for_each_split_and_a_colour_and_mark_each(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same(ALL, size=size)

    def test_a_smoothed_curve_lies_before_the_faint_raw_one_and_the_cursor_tells_both_values(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same(ONE, "s", "s", "right", "right", size=size)

    def test_where_a_value_is_not_finite_there_is_a_gap_with_a_sign_and_the_reason(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same("20261123-144211-k3f4", "end", size=size)

    def test_without_a_run_it_says_where_to_get_one(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        assert looks_the_same(slice(0, 0), size=size)


def test_a_run_with_a_history_has_signs_at_its_foot(looks_the_same: Compare) -> None:
    changed = SettingChanged("learning_rate", 0.01, 0.001, 20, 20 * STEPS, at=T0 + 42)
    resumed = Started(1, "here", 30, 30 * STEPS, "step-000028110.safetensors", at=T0 + 61)
    write_run(Path("runs"), "20990101-000000-past", [*trained(60), changed, dead_classes(), resumed], title="eventful")
    assert looks_the_same("20990101-000000-past", "n", "n", size=LARGE)


def test_a_logarithmic_axis_has_round_ticks(looks_the_same: Compare) -> None:
    assert looks_the_same(ALL, "l", "L", "t")


def test_zoomed_in_by_time_on_accuracy(looks_the_same: Compare) -> None:
    assert looks_the_same(ALL, "m", "m", "x", "x", "t", "t", "right", "plus", "plus")


def test_a_hidden_run_is_not_drawn_and_one_alone_hides_all_others(looks_the_same: Compare) -> None:
    assert looks_the_same(ALL, "h", "down", "o")


def test_at_40x12_there_are_numbers_and_one_plot(looks_the_same: Compare) -> None:
    assert looks_the_same(ALL, "right", size=(40, 12))


def test_in_ascii_curves_differ_by_their_marks(looks_the_same: Compare) -> None:
    assert looks_the_same(ALL, "t", "t", "right", ascii=True)


@pytest.mark.parametrize("theme", ["light", "colour-blind", "plain"])
def test_each_theme_draws_the_same_in_its_own_colours(looks_the_same: Compare, theme: str) -> None:
    assert looks_the_same(ALL, "t", "t", "down", theme=theme)


def test_without_colour_marks_tell_the_runs_apart(looks_the_same: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_the_same(ALL, "t", "t", "right", "down")
