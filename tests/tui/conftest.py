"""Makes pictures of the app the same for everybody: no colours, themes, terminals or files of who runs the tests."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from driving import MakeApp, settle
from scripted import RUN, T0, Clock, ScriptedTrainers

from tui_trainer.config import resolve
from tui_trainer.events import Event
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.bench import Bench


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment in which the pictures were made."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TEXTUAL_THEME", "TEXTUAL", "COLORTERM", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none", raising=False)
    monkeypatch.setattr(import_module("tui_trainer.store.overview"), "now", lambda: T0)  # made runs are of then
    return iter(())


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    """An app over scripted trainers; with events it looks at a run that has said them, two seconds after the last."""

    def make(
        events: list[Event] | None = None,
        *,
        trainers: ScriptedTrainers | None = None,
        alive: bool = True,
        flags: dict[str, Any] | None = None,
        theme: str | None = None,
        ascii: bool = False,
    ) -> TrainerApp:
        trainers = trainers or ScriptedTrainers(events or [], alive=alive)
        trainers.config = resolve(flags or {})
        clock = Clock(max((event.at for event in events or []), default=T0) + 2)
        bench = Bench(
            resolve(flags or {}), Path("runs"), attach=RUN if events else None, trainers=trainers, clock=clock
        )
        app = TrainerApp(bench, ascii=ascii, preferences_path=tmp_path / "app.json")
        if theme is not None:
            app.theme = theme
        return app

    return make


__all__ = ["MakeApp", "settle"]  # other tests take them from here
