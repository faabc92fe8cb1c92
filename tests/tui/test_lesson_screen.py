"""Lessons, the screen: one gone through from the first key to the last, over scripted runs."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import MakeApp
from made_app import LARGE, SIZE_NAMES, SIZES, SMALL, keys, settled
from scripted import ScriptedTrainers, ended, epochs
from test_duel_screen import ScriptedDuel, round_of
from textual.widgets import Markdown, OptionList

from tui_trainer.events import Inspected
from tui_trainer.tui.panels.lesson_bench import LessonBench
from tui_trainer.tui.panels.plotted import PlotPanel
from tui_trainer.tui.screens.lesson import LessonScreen

Compare = Callable[..., bool]
ADAM = ("7", ("down", "down"), "enter")


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[ScriptedDuel]:
    """No process is started, and no other lessons are found."""
    ScriptedDuel.made = []
    monkeypatch.setattr("tui_trainer.tui.screens.lesson.DuelProcess", ScriptedDuel)
    monkeypatch.delenv("TUI_TRAINER_LESSONS", raising=False)
    monkeypatch.chdir(tmp_path)
    return ScriptedDuel.made


def lesson_of(pilot: Any) -> LessonScreen:
    """The screen that is seen."""
    assert isinstance(pilot.app.screen, LessonScreen)
    return pilot.app.screen


def text_of(pilot: Any) -> str:
    """The Markdown that is shown."""
    return lesson_of(pilot).query_one("#lesson-text", Markdown).source


def trained(count: int, missing: tuple[int, ...]) -> list[Any]:
    """A run of so many epochs that never predicts some digits, to its end."""
    predicted = [0 if digit in missing else 16 for digit in range(10)]
    inspected = Inspected(count, count * 937, [{"layer": "relu1", "kind": "relu", "predicted": predicted}])
    return [*epochs(count), inspected, ended("done", count)]


async def run_one(pilot: Any, missing: tuple[int, ...] = ()) -> None:
    """Press r, and let the scripted trainer train to the end."""
    await keys("r")(pilot)
    trainers = pilot.app.bench.trainers
    trainers.reader.say(*trained(12, missing))
    pilot.app.tick()
    await settled(pilot)


async def to_the_end(pilot: Any) -> None:
    """The Adam lesson from the first key to the last."""
    await keys(*ADAM, "n", ("down", "down"), "enter")(pilot)
    await run_one(pilot, missing=(3, 8))
    await run_one(pilot)
    await keys("n")(pilot)


def to_the_runs(pilot_keys: tuple[Any, ...], runs: int) -> Callable[[Any], Any]:
    """These keys, and so many runs."""

    async def run(pilot: Any) -> None:
        await keys(*pilot_keys)(pilot)
        for _ in range(runs):
            await run_one(pilot)

    return run


async def duel_half(pilot: Any) -> None:
    """The backprop lesson in the middle of its first duel."""
    await keys("7", "enter", "n", "enter", "r")(pilot)
    screen = lesson_of(pilot)
    state = screen.trials[0].duel
    assert state is not None
    for epoch in range(5):
        screen._hear(state, round_of(epoch))
    await settled(pilot)


@pytest.mark.parametrize(("size", "ascii"), SIZES, ids=SIZE_NAMES)
class TestPictures:
    """Each stage."""

    def test_the_list(self, snap_compare: Compare, make_app: MakeApp, size, ascii) -> None:
        assert snap_compare(make_app(ascii=ascii), terminal_size=size, run_before=keys("7"))

    def test_a_question(self, snap_compare: Compare, make_app: MakeApp, size, ascii) -> None:
        assert snap_compare(make_app(ascii=ascii), terminal_size=size, run_before=keys("7", "enter"))

    def test_a_prediction(self, snap_compare: Compare, make_app: MakeApp, size, ascii) -> None:
        run = keys(*ADAM, "n", "down")
        assert snap_compare(make_app(ascii=ascii), terminal_size=size, run_before=run)

    def test_a_run(self, snap_compare: Compare, make_app: MakeApp, size, ascii) -> None:
        run = to_the_runs((*ADAM, "n", "enter"), 1)
        assert snap_compare(make_app(ascii=ascii), terminal_size=size, run_before=run)

    def test_a_duel(self, snap_compare: Compare, make_app: MakeApp, size, ascii) -> None:
        assert snap_compare(make_app(ascii=ascii), terminal_size=size, run_before=duel_half)

    def test_what_happened(self, snap_compare: Compare, make_app: MakeApp, size, ascii) -> None:
        assert snap_compare(make_app(ascii=ascii), terminal_size=size, run_before=to_the_end)


class TestGoingThrough:
    """From the first key to the last."""

    async def test_a_lesson_is_run_to_its_end_and_its_text_has_the_numbers(self, make_app: MakeApp) -> None:
        app = make_app()
        async with app.run_test(size=LARGE) as pilot:
            await to_the_end(pilot)
            assert isinstance(app.bench.trainers, ScriptedTrainers)
            started = app.bench.trainers.started
            assert [config.network for config in started] == ["assignment", "softmax"]
            assert all(config.optimizer == "adam" and config.epochs == 12 for config in started)
            text = text_of(pilot)
            assert "You predicted: some digits can no longer be predicted at all.* **That was it.**" in text
            assert "It never predicts: **3, 8**" in text
            history = app.bench.history
            assert history is not None
            accuracy = history.accuracy("validation")["final"]
            assert accuracy is not None
            assert f"**{accuracy * 100:.2f} %**" in text
            assert "{" not in text

    async def test_a_wrong_prediction_is_told(self, make_app: MakeApp) -> None:
        async with make_app().run_test(size=SMALL) as pilot:
            await keys(*ADAM, "n", "enter")(pilot)
            await run_one(pilot)
            await run_one(pilot)
            await keys("n")(pilot)
            assert "a local minimum.* **It was: some digits can no longer be predicted at all.**" in text_of(pilot)

    async def test_nothing_happens_before_it_was_predicted_and_run(self, make_app: MakeApp) -> None:
        async with make_app().run_test(size=SMALL) as pilot:
            await keys(*ADAM, "n", "n", "n")(pilot)
            assert lesson_of(pilot).stage == 1
            await keys("enter", "n")(pilot)
            assert lesson_of(pilot).stage == 2
            await run_one(pilot)
            await keys("n")(pilot)
            assert lesson_of(pilot).stage == 2

    async def test_a_duel_is_part_of_a_lesson(self, make_app: MakeApp, scripted: list[ScriptedDuel]) -> None:
        async with make_app().run_test(size=LARGE) as pilot:
            await duel_half(pilot)
            screen = lesson_of(pilot)
            for found in (*map(round_of, range(5, 7)), None):
                state = screen.trials[0].duel
                assert state is not None
                screen._hear(state, found)
            await keys("r")(pilot)
            assert [duel.config.network for duel in scripted] == ["assignment", "mlp"]
            state = screen.trials[1].duel
            assert state is not None
            for found in (*map(round_of, range(5)), None):
                screen._hear(state, found)
            await keys("n")(pilot)
            assert "after 6 epochs no weight differs by more than\n**2e-8**" in text_of(pilot)

    async def test_leaving_a_lesson_ends_its_duel(self, make_app: MakeApp, scripted: list[ScriptedDuel]) -> None:
        async with make_app().run_test(size=SMALL) as pilot:
            await duel_half(pilot)
            await keys("escape")(pilot)
            assert scripted[0].stopped
            assert lesson_of(pilot).lesson is None
            assert lesson_of(pilot).query_one(OptionList).option_count == 3

    async def test_a_lesson_can_be_left_while_its_run_starts(
        self, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app, go_on = make_app(), threading.Event()
        trainers = app.bench.trainers
        start = trainers.start
        monkeypatch.setattr(trainers, "start", lambda *config: (go_on.wait(30), start(*config))[1])
        async with app.run_test(size=SMALL) as pilot:
            await keys(*ADAM, "n", "enter")(pilot)
            await pilot.press("r", "escape")
            go_on.set()
            await settled(pilot)
            assert lesson_of(pilot).lesson is None
            assert app.bench.history is not None, "the run trains all the same"

    async def test_while_another_run_trains_none_is_started(self, make_app: MakeApp) -> None:
        app = make_app(epochs(3))
        async with app.run_test(size=SMALL) as pilot:
            await keys(*ADAM, "n", "enter", "r")(pilot)
            assert isinstance(app.bench.trainers, ScriptedTrainers)
            assert app.bench.trainers.started == []
            assert [n.severity for n in app._notifications] == ["warning"]

    async def test_a_run_that_cannot_start_can_be_tried_again(self, make_app: MakeApp) -> None:
        app = make_app()
        assert isinstance(app.bench.trainers, ScriptedTrainers)
        app.bench.trainers.refuse("data", "is gone")
        async with app.run_test(size=SMALL) as pilot:
            await keys(*ADAM, "n", "enter", "r")(pilot)
            assert lesson_of(pilot).trials == []
            assert lesson_of(pilot).check_action("try", ())

    async def test_both_runs_stand_in_the_same_plot(self, make_app: MakeApp) -> None:
        async with make_app().run_test(size=LARGE) as pilot:
            await keys(*ADAM, "n", "enter")(pilot)
            await run_one(pilot)
            await run_one(pilot)
            plot = lesson_of(pilot).query_one(LessonBench).query_one("#lesson-validation", PlotPanel)._plot
            assert plot is not None
            assert [series.label for series in plot.series] == ["as in the assignment", "without that ReLU"]
