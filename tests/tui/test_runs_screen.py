"""Everything that a person can do on Runs, on scripted run directories."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import settle
from driving import text
from run_directories import append, five_runs, save_at, trained, write_run
from scripted import T0, Clock, epoch
from textual.widgets import Input

from tui_trainer.config import resolve
from tui_trainer.events import SettingChanged
from tui_trainer.settings import SettingError
from tui_trainer.store import RunDirectory, RunLock
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.commands import commands_of
from tui_trainer.tui.panels.fields import Field
from tui_trainer.tui.panels.frame import TabBar
from tui_trainer.tui.panels.run_table import RunHeadings
from tui_trainer.tui.screens.ask import AskText
from tui_trainer.tui.screens.ask_fork import AskFork
from tui_trainer.tui.screens.compare import CompareScreen
from tui_trainer.tui.screens.curves import CurvesScreen
from tui_trainer.tui.screens.runs import RunsScreen
from tui_trainer.tui.screens.train import TrainScreen
from tui_trainer.tui.trainers import Trainers

Steps = Callable[[Any, RunsScreen], Awaitable[None]]


class Watched(Trainers):
    """Real run directories; trainers are only remembered."""

    def __init__(self) -> None:
        self.resumed: list[tuple[str, int | None]] = []
        self.forked: list[tuple[str, dict[str, Any], int | None]] = []

    def resume(self, directory: Path, epochs: int | None = None) -> None:
        """Only remembered."""
        self.resumed.append((directory.name, epochs))

    def fork(self, parent: Path, runs: Path, changes: Any, at_epoch: int | None = None) -> Path:
        """A new run without a trainer."""
        if changes.get("epochs") == 1:
            raise SettingError("epochs", "must be above 20, where the fork begins")
        self.forked.append((parent.name, dict(changes), at_epoch))
        return write_run(runs, "20990101-000000-fork", about={"parent": {"run": parent.name}}).path


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Five runs, named from where the app stands; the newest is the last."""
    monkeypatch.chdir(tmp_path)
    return five_runs(Path("runs"))


def on_runs(steps: Steps, size: tuple[int, int] = (120, 40), trainers: Trainers | None = None) -> None:
    """Open Runs and do something there."""

    async def session() -> None:
        bench = Bench(resolve({}), Path("runs"), trainers=trainers or Watched(), clock=Clock())
        app = TrainerApp(bench, ascii=False, preferences_path=Path("app.json"))
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.press("3")
            await settle(pilot)
            await settle(pilot)
            assert isinstance(app.screen, RunsScreen)
            await steps(pilot, app.screen)

    asyncio.run(session())


async def seen(pilot: Any, kind: type) -> Any:
    """The screen of a kind, once it is there."""
    for _ in range(200):
        if isinstance(pilot.app.screen, kind):
            await pilot.pause()
            return pilot.app.screen
        await pilot.pause(0.01)
    raise AssertionError(f"{pilot.app.screen} is seen, not {kind.__name__}")


async def done(screen: RunsScreen) -> None:
    """Nothing is being done any more."""
    await asyncio.gather(*screen.doing)


async def read_again(pilot: Any, screen: RunsScreen) -> None:
    """Whatever was forgotten is read anew."""
    await settle(pilot)
    for name in list(screen.runs.names):
        screen.runs.forget(name)
    await settle(pilot)
    await settle(pilot)
    screen.refresh_runs()


def lines(screen: RunsScreen) -> list[str]:
    table = screen.table
    return [table.render_line(y).text.rstrip() for y in range(min(table.size.height, len(table.names)))]


def said(pilot: Any) -> str:
    return " ".join(str(notice.message) for notice in pilot.app._notifications)


def titles(screen: RunsScreen) -> list[str]:
    return [screen.runs.rows[name].title for name in screen.table.names]


def test_all_runs_stand_in_the_table_with_their_figures(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        rows = lines(screen)
        assert len(rows) == 5
        assert "interrupted" in rows[0]
        assert "[red]hostile\\x1b[31m nam" in rows[0]
        assert rows[1].split()[:4] == ["diverged", "much", "too", "fast"]
        assert "pytorch  sgd           0.25     0.1       40/60   82.17 %    81.75 %     1:20" in rows[2]
        assert "5 runs in runs" in str(screen.query_one("#about-runs").render())

    on_runs(steps)


def test_the_cursor_moves_by_keys_and_mouse_and_the_bottom_line_tells_the_run(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        table = screen.table
        await pilot.press("down", "down")
        assert table.name_at == runs[2].name
        assert "with dropout" in table.hint
        await pilot.press("end", "up", "home", "pagedown")
        assert table.at == 4
        await pilot.click("#runs", offset=(10, 1))
        assert table.name_at == runs[3].name

    on_runs(steps)


@pytest.mark.parametrize("how", ["enter", "twice"])
def test_opening_a_run_shows_it_on_train(runs: list[Path], how: str) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("down") if how == "enter" else await pilot.click("#runs", offset=(10, 1), times=2)
        if how == "enter":
            await pilot.press("enter")
        await seen(pilot, TrainScreen)
        assert pilot.app.bench.directory == runs[3]
        assert pilot.app.bench.history.status == "diverged"

    on_runs(steps)


def test_marked_runs_are_shown_together_on_curves(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("space", "down", "space", "v")
        curves = await seen(pilot, CurvesScreen)
        await settle(pilot)
        await settle(pilot)
        assert pilot.app.bench.pinned == [runs[4], runs[2]]
        assert {shown.path for shown in curves.view.overlay.runs} == {runs[4], runs[2]}

    on_runs(steps)


def test_compare_shows_settings_that_differ_first(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("c")
        await pilot.pause()
        assert "mark two runs" in said(pilot)
        await pilot.press("down", "space", "space", "c")
        compare = await seen(pilot, CompareScreen)
        text = str(compare.query_one("#comparison").render())
        places = [text.index(word) for word in ("much too fast", "Settings that differ", "learning rate", "What came")]
        assert places == sorted(places)
        await pilot.press("escape")
        await seen(pilot, RunsScreen)

    on_runs(steps, (80, 24))


def test_sorting_by_key_and_by_heading(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        newest_first = list(screen.table.names)
        await pilot.press("s", "s")
        assert titles(screen) == sorted(titles(screen), key=lambda title: (title or runs[0].name).lower())
        await pilot.press("S")
        assert titles(screen)[0] == "with dropout"
        heading = str(screen.query_one("#headings").render())
        await pilot.click("#headings", offset=(heading.index("valid acc") + 3, 0))
        values = [screen.runs.rows[name].validation_accuracy or 0 for name in screen.table.names]
        assert values == sorted(values)
        await pilot.click("#headings", offset=(heading.index("valid acc") + 3, 0))
        assert [screen.runs.rows[name].validation_accuracy for name in screen.table.names] == values[::-1]
        await pilot.press("S")
        while screen.runs.key is not None:
            screen.action_sort(1)
        assert screen.table.names == newest_first

    on_runs(steps)


def test_the_cursor_stays_on_its_run_when_the_order_changes(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("down", "down")
        name = screen.table.name_at
        for _ in range(6):
            screen.action_sort(1)
            assert screen.table.name_at == name

    on_runs(steps)


def test_a_filter_is_typed_kept_and_taken_away(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("slash", *"adam")
        assert titles(screen) == ["Adam, low rate"]
        await pilot.press("enter")
        assert screen.focused is screen.table
        assert "1 with 'adam'" in str(screen.query_one("#about-runs").render())
        await pilot.press("slash", "q")
        assert titles(screen) == []
        assert screen.query_one(Input).value == "adamq", "letters are typed, not taken as commands"
        await pilot.press("escape")
        assert len(titles(screen)) == 5

    on_runs(steps)


def test_renaming_changes_the_label_and_not_the_directory(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("n")
        ask = await seen(pilot, AskText)
        ask.query_one(Input).value = "a better name [b]\x1b"
        await pilot.press("enter")
        await done(screen)
        await read_again(pilot, screen)
        assert RunDirectory(runs[4]).title() == "a better name [b]\x1b"
        assert "a better name [b]\\x1b" in lines(screen)[0]
        await pilot.press("n")
        ask = await seen(pilot, AskText)
        ask.query_one(Input).value = "x" * 201
        await pilot.press("enter", "escape")
        assert RunDirectory(runs[4]).title().startswith("a better")

    on_runs(steps)


def test_deleting_asks_and_esc_keeps(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        for keys in (["d", "escape"], ["d", "enter"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert all(path.exists() for path in runs)
        pilot.app.bench.pinned = [runs[4], runs[0]]
        pilot.app.bench.open(runs[4])
        await pilot.press("d", "down", "enter")
        await done(screen)
        await read_again(pilot, screen)
        assert [path.exists() for path in runs] == [True] * 4 + [False]
        assert pilot.app.bench.pinned == [runs[0]]
        assert pilot.app.bench.directory is None
        assert len(screen.table.names) == 4

    on_runs(steps)


def test_what_trains_is_not_deleted_and_not_resumed(runs: list[Path]) -> None:
    trainers = Watched()

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await read_again(pilot, screen)
        assert "1 alive" in str(screen.query_one("#about-runs").render())
        await pilot.press("d", "r")
        await pilot.pause()
        assert "not deleted" in said(pilot)
        assert "is being trained" in said(pilot)
        assert not trainers.resumed

    with RunLock(RunDirectory(runs[4])):
        on_runs(steps, trainers=trainers)
    assert runs[4].exists()


def test_a_run_that_is_not_done_is_resumed_at_once_and_one_that_is_asks_how_long(runs: list[Path]) -> None:
    trainers = Watched()

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("down", "down", "r")
        await seen(pilot, TrainScreen)
        await pilot.press("3", "end", "r")
        ask = await seen(pilot, AskText)
        for wrong in ("0", "-3", "x", "1.5", "99999999", ""):
            ask.query_one(Input).value = wrong
            await pilot.press("enter")
            assert pilot.app.screen is ask
        ask.query_one(Input).value = "40"
        await pilot.press("enter")
        await seen(pilot, TrainScreen)
        assert trainers.resumed == [(runs[2].name, None), (runs[0].name, 100)]

    on_runs(steps, trainers=trainers)


def test_a_fork_goes_on_from_a_checkpoint_with_what_was_changed(runs: list[Path]) -> None:
    trainers = Watched()
    save_at(RunDirectory(runs[2]), 20, learning_rate=0.2, momentum=0.7)
    save_at(RunDirectory(runs[2]), 40)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("f")
        await pilot.pause()
        assert "no checkpoint" in said(pilot)
        await pilot.press("down", "down", "f")
        ask = await seen(pilot, AskFork)
        ask.query_one("#field-learning_rate").give("0.05")
        ask.query_one("#field-dropout").give("2")
        await pilot.press("ctrl+s")
        assert pilot.app.screen is ask, "a wrong value is not taken"
        ask.query_one("#field-dropout").give("0.25")
        rate = ask.query_one("#field-learning_rate")
        assert rate.text == "0.05"
        ask.query_one("#field-branch_from").give("20")
        await pilot.pause()
        assert rate.text == "0.05", "what was typed stays"
        await pilot.press("ctrl+s")
        await seen(pilot, TrainScreen)
        assert trainers.forked == [(runs[2].name, {"learning_rate": 0.05}, 20)]
        assert pilot.app.bench.directory.name == "20990101-000000-fork"

    on_runs(steps, trainers=trainers)


def test_a_fork_is_shown_the_settings_as_they_stood_at_its_checkpoint(runs: list[Path]) -> None:
    """They are what the fork gets: a rate that was changed later, or before, is another one."""
    save_at(RunDirectory(runs[2]), 20, learning_rate=0.2)
    save_at(RunDirectory(runs[2]), 40, learning_rate=0.05)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("down", "down", "f")
        rate = (ask := await seen(pilot, AskFork)).query_one("#field-learning_rate")
        assert rate.text == "0.05"
        ask.query_one("#field-branch_from").give("20")
        await pilot.pause()
        assert rate.text == "0.2"

    on_runs(steps)


def test_a_fork_that_cannot_be_says_why(runs: list[Path]) -> None:
    save_at(RunDirectory(runs[4]), 20)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("f")
        ask = await seen(pilot, AskFork)
        ask.query_one("#field-epochs").give("1")
        await pilot.pause()
        await pilot.press("ctrl+s")
        assert pilot.app.screen is ask, "nothing that was typed is lost"
        assert ask.query_one("#field-epochs").problem == "must be above 20, where the fork begins"

    on_runs(steps)


def test_a_fork_of_a_run_that_is_done_has_some_epochs_more(runs: list[Path]) -> None:
    trainers = Watched()
    save_at(RunDirectory(runs[0]), 60)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("end", "f")
        ask = await seen(pilot, AskFork)
        assert ask.query_one("#field-epochs").text == "70"
        await pilot.press("ctrl+s")
        await seen(pilot, TrainScreen)
        assert trainers.forked == [(runs[0].name, {"epochs": 70}, None)]

    on_runs(steps, trainers=trainers)


def test_headings_stand_over_their_columns_while_a_filter_is_typed(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("/", "s")
        await pilot.pause()
        assert screen.query_one(RunHeadings).size.width == screen.table.size.width

    on_runs(steps, size=(80, 24))


def test_curves_of_marked_runs_are_those_and_no_others(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        pilot.app.bench.pinned = list(runs[:3])
        await pilot.press("space", "v")
        await seen(pilot, CurvesScreen)
        assert pilot.app.bench.pinned == [runs[4]]

    on_runs(steps)


def test_marked_runs_are_exported_into_one_file(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("space", "space", "e")
        ask = await seen(pilot, AskText)
        for wrong in ("", "runs", "nowhere/x.csv", "~nobody-of-that-name/x.csv", "x" * 300):
            ask.query_one(Input).value = wrong
            await pilot.press("enter")
            assert pilot.app.screen is ask
        ask.query_one(Input).value = "two.csv"
        await pilot.press("enter")
        await seen(pilot, RunsScreen)
        await done(screen)
        assert len(Path("two.csv").read_text().splitlines()) == 1 + 33 + 23
        assert "two.csv" in said(pilot)

    on_runs(steps)


def test_runs_that_train_move_by_themselves(runs: list[Path]) -> None:
    alive = write_run(Path("runs"), "20990101-000000-live", trained(3, status=""), epochs=60)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        assert "training" in lines(screen)[0]
        assert "3/60" in lines(screen)[0]
        append(alive, [epoch(4)])
        screen.runs._read_at.clear()
        await settle(pilot)
        await settle(pilot)
        assert "4/60" in lines(screen)[0]

    with RunLock(alive):
        on_runs(steps)


def test_a_trainer_that_says_nothing_is_shown_as_silent_until_it_speaks(
    runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = write_run(Path("runs"), "20990101-000000-live", trained(3, status=""), epochs=60)
    last = epoch(3).at
    monkeypatch.setattr(import_module("tui_trainer.store.overview"), "now", lambda: last + 60)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        assert "silent" in lines(screen)[0]
        append(alive, [replace(epoch(4), at=last + 55)])
        await read_again(pilot, screen)
        assert "training" in lines(screen)[0]

    with RunLock(alive):
        on_runs(steps)


def test_the_settings_of_a_run_that_is_opened_are_those_of_the_next_one(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("down", "enter")  # much too fast
        train = await seen(pilot, TrainScreen)
        await settle(pilot)
        assert train.query_one("#field-learning_rate", Field).text == "5"
        assert (pilot.app.bench.config.learning_rate, pilot.app.bench.config.title) == (5, "")
        assert "much too fast" in text(pilot.app, TabBar)

    on_runs(steps)


def test_another_name_is_seen_in_the_tabs_at_once(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("down", "enter")
        await seen(pilot, TrainScreen)
        await pilot.press("3", "n")
        (await seen(pilot, AskText)).query_one(Input).value = "a new name"
        await pilot.press("enter")
        await done(screen)
        await settle(pilot)
        assert "a new name" in text(pilot.app, TabBar)

    on_runs(steps)


def test_comparing_knows_what_was_changed_while_it_trained(runs: list[Path]) -> None:
    append(RunDirectory(runs[3]), [SettingChanged("learning_rate", 5.0, 0.5, 3, 100, at=T0 + 7)])

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await pilot.press("space", "space", "c")
        shown = await seen(pilot, CompareScreen)
        assert "5 → 0.5" in shown.query_one("#comparison").render().plain

    on_runs(steps)


def test_a_run_that_cannot_be_read_is_a_row_that_can_be_deleted(runs: list[Path]) -> None:
    bad = Path("runs/20990101-000000-bad1")
    bad.mkdir()
    (bad / "run.json").write_text(json.dumps({"schema": [9, 0]}))

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        assert "unreadable" in lines(screen)[0]
        assert "newer" in screen.table.hint
        for key in ("enter", "r", "f", "n", "e", "v"):
            await pilot.press(key)
            await settle(pilot)
            while not isinstance(pilot.app.screen, RunsScreen):
                await pilot.press("3" if isinstance(pilot.app.screen, CurvesScreen) else "escape")
        await pilot.press("d", "down", "enter")
        await done(screen)
        assert not bad.exists()

    on_runs(steps)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_every_key_is_harmless_where_there_is_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        assert "no run" in screen.table.hint
        for command in commands_of(screen):
            await screen.run_action(command.action)
            await pilot.pause()
            assert isinstance(pilot.app.screen, RunsScreen)

    on_runs(steps, size)


def test_a_storm_of_resizes_breaks_nothing(runs: list[Path]) -> None:
    async def steps(pilot: Any, screen: RunsScreen) -> None:
        for width, height in ((200, 60), (10, 3), (40, 12), (79, 23), (120, 35), (16, 50), (300, 8), (80, 24)):
            await pilot.resize_terminal(width, height)
            screen.refresh_runs()
            await pilot.pause()
            assert all(len(line) <= width for line in lines(screen))

    on_runs(steps)


def test_ten_thousand_runs_are_listed_and_only_what_is_seen_is_read_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = write_run(Path("runs"), "20200101-000000-0000").about.read_text()
    for number in range(1, 10_000):
        path = Path("runs") / f"20200101-{number:06d}-aaaa"
        path.mkdir()
        (path / "run.json").write_text(text)

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        table = screen.table
        assert len(table.names) == 10_000
        assert set(table.seen) <= set(screen.runs.rows)
        await pilot.press("end")
        assert table.name_at == "20200101-000000-0000"
        await settle(pilot)
        assert set(table.seen) <= set(screen.runs.rows)
        screen.runs.key = next(column.key for column, _ in table.columns if column.name == "rate")
        screen.refresh_runs()
        assert len(table.names) == 10_000

    on_runs(steps)


def test_keys_that_come_before_a_screen_is_there_break_nothing(runs: list[Path]) -> None:
    async def session() -> None:
        app = TrainerApp(Bench(resolve({}), Path("runs")), ascii=False, preferences_path=Path("app.json"))
        async with app.run_test(size=(120, 40)) as pilot:
            for module, actions in (
                ("curves", ("cursor(1)", "measure(1)")),
                ("runs", ("mark", "sort(1)", "do('open')")),
            ):
                app.action_open(module)
                for action in actions:
                    await app.run_action(action, default_namespace=app.screen)
                app.tick()
            await settle(pilot)
            assert isinstance(app.screen, RunsScreen)

    asyncio.run(session())


def test_the_table_takes_titles_in_any_script(runs: list[Path]) -> None:
    RunDirectory(runs[4]).rename("網路網路網路網路網路網路網路網路網路 🙂🙂 é́́ ‏عربى")

    async def steps(pilot: Any, screen: RunsScreen) -> None:
        await read_again(pilot, screen)
        strips = [screen.table.render_line(y) for y in range(5)]
        assert {strip.cell_length for strip in strips} == {screen.table.size.width}
        assert strips[0].text.rstrip().endswith("1:06")

    on_runs(steps, (120, 40))
