"""Draw: strokes by mouse and by keys move the probabilities; pictures from files; two runs side by side."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_app import LARGE, SIZE_NAMES, SIZES, SMALL, app_over, keys, settled
from made_runs import make_run, save_epoch, say
from PIL import Image
from scripted import Clock
from textual.widgets import Input

from engines.interface import Array
from tui_trainer.drawing import as_mnist
from tui_trainer.looking import Looker
from tui_trainer.tui.panels.answer import Answer, AnswerPanel
from tui_trainer.tui.panels.canvas import WIDTHS, Canvas
from tui_trainer.tui.screens.draw import NOBODY, DrawScreen

Compare = Callable[..., bool]
ONE = ("space", *["down"] * 14, "space")


@pytest.fixture(scope="module")
def made(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with known weights, not to be changed."""
    return make_run(tmp_path_factory.mktemp("runs"), small_mnist)


def draw_of(pilot: Any) -> DrawScreen:
    """The screen that is seen."""
    assert isinstance(pilot.app.screen, DrawScreen)
    return pilot.app.screen


def canvas_of(pilot: Any) -> Canvas:
    """The paper."""
    return draw_of(pilot).query_one(Canvas)


def answers_of(pilot: Any) -> tuple[Answer, ...]:
    """What is answered."""
    return pilot.app.screen.query_one(AnswerPanel).answers


def shares_of(pilot: Any) -> Array:
    """The probabilities of the first run."""
    shares = answers_of(pilot)[0].certainties
    assert shares is not None
    return shares


async def drag(pilot: Any, *places: tuple[int, int]) -> None:
    """Draw with the mouse, some cells at a time, in the canvas's own coordinates."""
    canvas = canvas_of(pilot)
    await pilot.mouse_down(canvas, offset=places[0])
    for (ax, ay), (bx, by) in pairwise(places):
        count = max(1, (abs(bx - ax) + abs(by - ay)) // 8)
        for i in range(1, count + 1):
            await pilot.hover(canvas, offset=(ax + (bx - ax) * i // count, ay + (by - ay) * i // count))
    await pilot.mouse_up(canvas, offset=places[-1])
    await settled(pilot)


def seven(size: tuple[int, int]) -> Callable[[Any], Any]:
    """Open the screen and draw a seven with the mouse."""
    unit = 1 if size == SMALL else 2

    async def run(pilot: Any) -> None:
        await keys("5")(pilot)
        await drag(pilot, (8 * unit, 3 * unit), (26 * unit, 3 * unit), (16 * unit, 15 * unit))

    return run


@pytest.mark.parametrize(("size", "ascii"), SIZES, ids=SIZE_NAMES)
class TestPictures:
    """A drawn seven, and an empty paper."""

    def test_a_seven(self, snap_compare: Compare, made: Path, tmp_path: Path, size, ascii) -> None:
        assert snap_compare(app_over(made, tmp_path, ascii=ascii), terminal_size=size, run_before=seven(size))

    def test_an_empty_paper(self, snap_compare: Compare, made: Path, tmp_path: Path, size, ascii) -> None:
        assert snap_compare(app_over(made, tmp_path, ascii=ascii), terminal_size=size, run_before=keys("5", "space"))


class TestOtherPictures:
    """Without a run, without colour, with two runs."""

    def test_no_run(self, snap_compare: Compare, tmp_path: Path) -> None:
        assert snap_compare(app_over(None, tmp_path), terminal_size=SMALL, run_before=seven(SMALL))

    def test_without_colour(self, snap_compare: Compare, made: Path, tmp_path: Path) -> None:
        app = app_over(made, tmp_path, theme="plain")
        assert snap_compare(app, terminal_size=LARGE, run_before=seven(LARGE))

    def test_two_runs(self, snap_compare: Compare, small_mnist: Path, tmp_path: Path) -> None:
        run = make_run(tmp_path / "runs", small_mnist, epochs=3, title="three epochs")
        other = make_run(tmp_path / "runs", small_mnist, epochs=1, title="one epoch")

        async def compare(pilot: Any) -> None:
            await seven(LARGE)(pilot)
            draw_of(pilot)._compare(other.name)
            await settled(pilot)

        assert snap_compare(app_over(run, tmp_path), terminal_size=LARGE, run_before=compare)


class TestDrawing:
    """Ink and answers."""

    async def test_a_stroke_by_keys_moves_the_probabilities(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5")(pilot)
            before = shares_of(pilot)
            await keys(ONE[:6])(pilot)
            between = shares_of(pilot)
            await keys(ONE[6:])(pilot)
            after = shares_of(pilot)
            assert not np.allclose(before, between)
            assert not np.allclose(between, after)
            assert len(canvas_of(pilot).paper.strokes) == 1
            assert after.argmax() == 1

    async def test_a_stroke_by_mouse_moves_the_probabilities(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5")(pilot)
            before = shares_of(pilot)
            await seven(SMALL)(pilot)
            assert not np.allclose(before, shares_of(pilot))
            assert shares_of(pilot).argmax() == 7

    async def test_the_answer_is_what_the_network_says_of_the_centred_and_scaled_ink(self, made, tmp_path) -> None:
        looker = Looker(made)
        looker.load(looker.saved()[-1].name)
        async with app_over(made, tmp_path).run_test(size=LARGE) as pilot:
            await seven(LARGE)(pilot)
            inputs = as_mnist(canvas_of(pilot).paper.ink)
            assert np.array_equal(shares_of(pilot), looker.certainties(inputs[None])[0])
            seen = draw_of(pilot).query_one(AnswerPanel).seen
            assert seen is not None
            assert np.array_equal(seen, inputs)

    async def test_a_digit_of_the_data_set_is_answered_as_directly(self, made: Path, tmp_path: Path) -> None:
        looker = Looker(made)
        looker.load(looker.saved()[-1].name)
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5")(pilot)
            for image in looker.inputs[:5]:
                canvas_of(pilot).paper.put(image / 255)
                canvas_of(pilot).changed()
                await settled(pilot)
                assert np.array_equal(shares_of(pilot), looker.certainties(image[None])[0])

    async def test_moving_with_the_pen_up_draws_nothing(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5", ("left", "up", "home", "end", "pageup", "pagedown"))(pilot)
            assert canvas_of(pilot).paper.empty

    async def test_undo_takes_back_a_stroke_and_clear_all(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5", ONE, ("right", "right", "right", *["up"] * 4), ONE)(pilot)
            paper = canvas_of(pilot).paper
            assert len(paper.strokes) == 2
            await keys("u")(pilot)
            assert len(paper.strokes) == 1
            await keys("c")(pilot)
            assert paper.empty

    async def test_the_pen_can_be_thicker_and_thinner(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5", ("plus",) * 9)(pilot)
            assert canvas_of(pilot).width == WIDTHS[-1]
            await keys(("minus",) * 9)(pilot)
            assert canvas_of(pilot).width == WIDTHS[0]

    async def test_a_drag_that_leaves_the_paper_stays_on_its_rim(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5")(pilot)
            await drag(pilot, (10, 10), (38, 10), (60, 10))
            points = canvas_of(pilot).paper.strokes[0].points
            assert max(x for x, _ in points) == 1.0


class TestFiles:
    """PNG pictures."""

    async def test_a_png_comes_onto_the_paper(self, made: Path, tmp_path: Path) -> None:
        looker = Looker(made)
        Image.fromarray(255 - looker.inputs[0]).resize((280, 280)).save(tmp_path / "seven.png")
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5", "o")(pilot)
            pilot.app.screen.query_one(Input).value = str(tmp_path / "seven.png")
            await keys("enter")(pilot)
            assert not canvas_of(pilot).paper.empty
            assert shares_of(pilot).argmax() == looker.labels[0] == 7

    @pytest.mark.parametrize("typed", ["", "~nobody-of-that-name/x.png", "x" * 300])
    async def test_a_file_that_is_none_is_said_in_a_line(self, made: Path, tmp_path: Path, typed: str) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5", "o")(pilot)
            pilot.app.screen.query_one(Input).value = typed or str(tmp_path)
            await keys("enter")(pilot)
            assert canvas_of(pilot).paper.empty
            assert [n.severity for n in pilot.app._notifications] == ["error"]


class TestRuns:
    """Whose answer it is."""

    async def test_a_second_run_is_chosen_from_the_list_and_let_go(self, small_mnist: Path, tmp_path: Path) -> None:
        run = make_run(tmp_path / "runs", small_mnist, epochs=2)
        other = make_run(tmp_path / "runs", small_mnist, epochs=1, title="other")
        save_epoch(other, 1, 0.1)
        async with app_over(run, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5", ONE, "v", "down", "enter")(pilot)
            assert [answer.name for answer in answers_of(pilot)] == ["made, epoch 2", "other, epoch 1"]
            first, second = (answer.certainties for answer in answers_of(pilot))
            assert first is not None
            assert second is not None
            assert not np.allclose(first, second)
            draw_of(pilot)._compare(NOBODY)
            await settled(pilot)
            assert len(answers_of(pilot)) == 1

    async def test_a_newer_checkpoint_answers_by_itself(self, small_mnist: Path, tmp_path: Path) -> None:
        run = make_run(tmp_path / "runs", small_mnist, epochs=1, over=False)
        app = app_over(run, tmp_path)
        clock = app.bench.clock
        assert isinstance(clock, Clock)
        async with app.run_test(size=SMALL) as pilot:
            await keys("5", ONE)(pilot)
            before = shares_of(pilot)
            say(run, save_epoch(run, 2, 3.0))
            app.tick()
            await settled(pilot)  # too soon: it asks once a second
            clock.now += 5
            app.tick()
            await settled(pilot)
            assert answers_of(pilot)[0].name == "made, epoch 2"
            assert not np.allclose(before, shares_of(pilot))

    async def test_a_run_without_a_checkpoint_says_so(self, small_mnist: Path, tmp_path: Path) -> None:
        run = make_run(tmp_path / "runs", small_mnist, epochs=1)
        next((run / "checkpoints").iterdir()).unlink()
        async with app_over(run, tmp_path).run_test(size=SMALL) as pilot:
            await keys("5")(pilot)
            assert "nothing is saved" in answers_of(pilot)[0].why
