"""The frame of the app: what it remembers, how it leaves, what it refuses, and that it stays light."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from driving import MakeApp, settle
from scripted import ScriptedReader, dead_classes, ended, epoch, epochs, loading

from tui_trainer.clock import SILENT_SECONDS
from tui_trainer.config import resolve
from tui_trainer.tui import preferences, terminal
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.attention import Attention, notification
from tui_trainer.tui.bench import LOADING_SECONDS
from tui_trainer.tui.commands import commands_of, offered
from tui_trainer.tui.crash import write_report
from tui_trainer.tui.panels.frame import HintLine, KeyBar, TabBar
from tui_trainer.tui.preferences import Preferences
from tui_trainer.tui.registry import SCREENS
from tui_trainer.tui.screens.base import size_class


@pytest.mark.parametrize(
    ("environ", "ascii"),
    [
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),  # what Python itself makes of LANG=C
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),  # macOS
        ({}, True),
    ],
)
def test_ascii_is_chosen_where_the_locale_has_no_unicode(environ: dict[str, str], ascii: bool) -> None:
    assert terminal.ascii_only(environ) is ascii


@pytest.mark.parametrize(
    ("size", "layout"),
    [
        ((120, 35), "-large"),
        ((119, 35), "-medium"),
        ((120, 34), "-medium"),
        ((80, 24), "-medium"),
        ((79, 24), "-small"),
        ((40, 12), "-small"),
        ((39, 12), "-tiny"),
        ((40, 11), "-tiny"),
    ],
)
def test_the_layout_follows_the_size(size: tuple[int, int], layout: str) -> None:
    assert size_class(*size) == layout


def test_preferences_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "app.json"
    kept = Preferences(theme="light", redraws=2, notify=True)
    preferences.save(kept, path)
    assert preferences.load(path) == kept
    assert [file.name for file in path.parent.iterdir()] == ["app.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"theme": 3, "redraws": "x", "notify": 1, "unknown": {}}', b"[" * 100_000],
)
def test_a_bad_preferences_file_is_ignored(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "app.json"
    path.write_bytes(content)
    assert preferences.load(path) == Preferences()


def test_what_is_good_in_a_preferences_file_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(json.dumps({"theme": "colour-blind", "redraws": None}))
    assert preferences.load(path) == Preferences(theme="colour-blind")


def test_a_place_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    preferences.save(Preferences(), tmp_path / "file" / "app.json")


async def test_an_unknown_theme_in_the_preferences_is_the_default(make_app: MakeApp, tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text('{"theme": "nord", "redraws": -7}')
    app = make_app(epochs(3))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.theme == "dark"


async def test_what_a_key_changed_is_told_in_one_place(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        for key, words in (("R", "at most twice"), ("R", "at most once"), ("B", "The bell"), ("ctrl+c", "q quits")):
            await pilot.press(key)
            (told,) = app._notifications
            assert words in str(told.message)


def test_every_key_of_a_screen_is_its_own_and_has_a_sentence() -> None:
    app_keys = [key for command in TrainerApp.KEYS for key in command.key.split(",")]
    for entry in SCREENS:
        screen = entry.load()
        commands = [*commands_of(screen), *TrainerApp.KEYS]
        assert all(command.help[-1] in ".…" and command.label for command in commands)
        assert not set(app_keys) & {key for command in commands_of(screen) for key in command.key.split(",")}, (
            entry.name
        )


async def test_footer_help_and_palette_offer_the_same_commands(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test(size=(200, 50)) as pilot:
        await settle(pilot)
        bar = app.screen.query_one(KeyBar).render().plain
        table = list(offered(app))
        assert {command.label for _, _, command in table} > {"Pause", "Stop and save", "Settings", "Quit"}
        for _, _, command in table:
            assert (f" {command.shown_key} {command.label}" in bar) is command.footer
        await pilot.press("question_mark")
        text: Any = app.screen.query_one("#text").render()
        assert all(" ".join(command.help.split()[:4]) in text.plain for _, _, command in table)


async def test_tabs_are_opened_by_key_and_by_mouse(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        other = SCREENS[1]
        await pilot.press(other.key)
        assert app.current_mode == other.module
        bar = app.screen.query_one(TabBar).render().plain
        await pilot.click(TabBar, offset=(bar.index("Train"), 0))
        assert app.current_mode == "train"


async def test_without_focus_the_hint_says_where_the_run_lies(make_app: MakeApp) -> None:
    app = make_app(epochs(5))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "runs/20261123" in app.screen.query_one(HintLine).render().plain


def test_a_run_calls_once_at_its_end_and_for_each_finding() -> None:
    attention = Attention()
    reader = ScriptedReader(resolve({}), epochs(3))
    reader.poll()
    assert attention.news(reader.history) is None
    reader.say(epoch(4), dead_classes(4))
    reader.poll()
    assert "never predicted" in (attention.news(reader.history) or "")
    assert attention.news(reader.history) is None
    reader.say(ended("diverged", 4, "the loss is NaN"))
    reader.poll()
    assert attention.news(reader.history) == "the run is over: diverged the loss is NaN"
    assert attention.news(reader.history) is None


def test_a_run_that_was_over_when_it_was_opened_is_no_news() -> None:
    reader = ScriptedReader(resolve({}), [*epochs(3), ended("done", 3)])
    reader.poll()
    assert Attention().news(reader.history) is None


def test_a_notification_cannot_carry_a_control_sequence() -> None:
    assert notification("a\x07\x1b]0;evil").count("\x1b") == 1


async def test_the_bell_rings_only_where_it_is_wanted(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(TrainerApp, "call_back", lambda self, words: rung.append(words))
    app = make_app(epochs(5))
    async with app.run_test() as pilot:
        await settle(pilot)
        reader: Any = app.bench.reader
        reader.say(epoch(6))
        await settle(pilot)
        reader.say(dead_classes(6))
        await settle(pilot)
        assert not rung
        await pilot.press("B")
        reader.say(ended("done", 6))
        await settle(pilot)
    assert rung == ["the run is over: done"]


async def test_a_trainer_that_imports_may_be_silent_for_longer(make_app: MakeApp) -> None:
    app = make_app([loading()])
    clock: Any = app.bench.clock
    clock.now += SILENT_SECONDS + 5
    assert app.bench.silence is None
    clock.now += LOADING_SECONDS
    assert "silent" in (app.bench.silence or "")


def test_a_crash_is_written_with_its_traceback(tmp_path: Path) -> None:
    try:
        raise ValueError("\udce4 boom")
    except ValueError as error:
        path = write_report(error, tmp_path / "runs")
    assert path is not None
    assert "boom" in path.read_text("utf-8")
    (tmp_path / "file").write_text("")
    assert write_report(ValueError(), tmp_path / "file") is None


async def test_a_trainer_that_cannot_be_asked_is_said_and_the_app_stays(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    app = make_app(epochs(5))
    monkeypatch.setattr(app.bench.trainers, "request", full)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("x")
        await settle(pilot)
        assert app.is_running
        assert any("No space left" in str(toast.message) for toast in app._notifications)


def python(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run some code in a process of its own, without a terminal."""
    return subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environ},
    )


RUN_APP = """
import sys
from pathlib import Path
from tui_trainer.config import resolve
from tui_trainer.tui.app import run_app
sys.exit(run_app(resolve({}), Path("runs")))
"""


def test_without_a_terminal_the_app_refuses_with_a_sentence() -> None:
    done = python(RUN_APP)
    assert done.returncode == 2
    assert "--batch" in done.stderr
    assert done.stdout == ""


def test_the_app_and_its_first_screen_import_nothing_heavy() -> None:
    code = "import sys, tui_trainer.tui.app, tui_trainer.tui.screens.train; print(*sys.modules)"
    loaded = set(python(code).stdout.split())
    assert not loaded & {"torch", "torchvision", "numpy", "plotext", "tui_trainer.store", "tui_trainer.run"}
    assert "textual.app" in loaded


async def test_a_screen_that_opens_while_the_app_closes_is_no_crash(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        app.exit(return_code=143)
        app._handle_exception(LookupError("a panel that is gone already"))
    assert app.return_code == 143
    assert app._exception is None


async def test_once_the_app_has_settled_garbage_is_looked_for_again(make_app: MakeApp) -> None:
    gc.disable()
    try:
        make_app()._settle()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()
