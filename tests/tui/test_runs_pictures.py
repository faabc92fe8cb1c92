"""What Runs and its dialogs look like, from scripted run directories and a clock that stands still."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import settle
from run_directories import five_runs, save_at, trained, write_run
from scripted import Clock

from tui_trainer.config import resolve
from tui_trainer.store import RunDirectory, RunLock
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench

SMALL, LARGE = (80, 24), (120, 40)
Compare = Callable[..., bool]


@pytest.fixture
def looks_the_same(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Compare Runs, on a folder whose name is always the same, with its picture; the newest run is alive."""
    monkeypatch.chdir(tmp_path)
    five_runs(Path("runs"))

    def compare(*press: str, size: tuple[int, int] = SMALL, theme: str | None = None, ascii: bool = False) -> bool:
        bench = Bench(resolve({}), Path("runs"), clock=Clock())
        app = TrainerApp(bench, ascii=ascii, preferences_path=Path("app.json"))
        if theme is not None:
            app.theme = theme

        async def before(pilot: Any) -> None:
            await pilot.press("3")
            await settle(pilot)
            await settle(pilot)
            for key in press:
                await pilot.press(key)
                await asyncio.sleep(0)
            await settle(pilot)

        alive = RunDirectory(sorted(Path("runs").iterdir())[-1]) if list(Path("runs").iterdir()) else None
        if alive is None:
            return snap_compare(app, terminal_size=size, run_before=before)
        with RunLock(alive):
            return snap_compare(app, terminal_size=size, run_before=before)

    return compare


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
class TestInBothSizes:
    """The states that people see most, in both sizes that are worked in."""

    def test_all_runs_stand_in_a_table_and_one_that_trains_has_a_dot(
        self, looks_the_same: Compare, size: tuple[int, int]
    ) -> None:
        assert looks_the_same("down", "space", "space", size=size)

    def test_sorted_by_a_column_the_heading_says_so(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        assert looks_the_same("s", "s", "S", size=size)

    def test_comparing_shows_what_differs_first(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        assert looks_the_same("space", "space", "space", "c", size=size)

    def test_forking_asks_what_shall_be_otherwise(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        newest = RunDirectory(sorted(Path("runs").iterdir())[-1])
        save_at(newest, 20)
        assert looks_the_same("f", "right", size=size)

    def test_deleting_asks(self, looks_the_same: Compare, size: tuple[int, int]) -> None:
        assert looks_the_same("down", "d", size=size)


def test_a_filter_leaves_the_rows_that_have_its_words(looks_the_same: Compare) -> None:
    assert looks_the_same("slash", *"sgd di")


def test_exporting_asks_for_a_file(looks_the_same: Compare) -> None:
    assert looks_the_same("e")


def test_a_run_that_cannot_be_read_is_a_row_of_its_own(looks_the_same: Compare) -> None:
    write_run(Path("runs"), "20260101-000000-newr", trained(2), about={"schema": [9, 0]})
    assert looks_the_same("end")


def test_an_empty_folder_says_where_runs_come_from(looks_the_same: Compare, tmp_path: Path) -> None:
    Path("runs").rename("elsewhere")
    Path("runs").mkdir()
    assert looks_the_same()


def test_at_40x12_state_name_and_accuracy_are_left(looks_the_same: Compare) -> None:
    assert looks_the_same("down", size=(40, 12))


def test_in_ascii_the_marks_are_ascii(looks_the_same: Compare) -> None:
    assert looks_the_same("down", "space", "s", ascii=True)


@pytest.mark.parametrize("theme", ["light", "colour-blind", "plain"])
def test_each_theme_shows_the_cursor_and_the_states(looks_the_same: Compare, theme: str) -> None:
    assert looks_the_same("down", "space", theme=theme)


def test_without_colour_the_cursor_is_a_sign(looks_the_same: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_the_same("down", "space")
