"""Look inside: pictures of made runs, and what keys and mouse do; the numbers against the checkpoints."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_app import LARGE, SIZE_NAMES, SIZES, SMALL, app_over, keys, settled
from made_runs import LAYERS, make_run, save_epoch, say
from scripted import Clock
from small_runs import new_run
from textual.widgets import Static

from engines.interface import Array
from tui_trainer.checkpoint import read_checkpoint
from tui_trainer.looking import Look, Looker, Pictures
from tui_trainer.tui.panels.confusion import ConfusionPanel
from tui_trainer.tui.panels.gallery import Digits, GalleryPanel
from tui_trainer.tui.panels.layers import LayersPanel, bars_of, table
from tui_trainer.tui.panels.scrubber import Scrubber
from tui_trainer.tui.panels.weights import WeightsPanel, lay_out
from tui_trainer.tui.screens.inside import InsideScreen

Compare = Callable[..., bool]


@pytest.fixture(scope="module")
def made(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with known weights, not to be changed."""
    return make_run(tmp_path_factory.mktemp("runs"), small_mnist)


def inside(pilot: Any) -> InsideScreen:
    """The screen that is seen."""
    assert isinstance(pilot.app.screen, InsideScreen)
    return pilot.app.screen


def look_of(pilot: Any) -> Look:
    """What is looked at."""
    look = inside(pilot).look
    assert look is not None
    return look


def digits_of(pilot: Any) -> tuple[GalleryPanel, Digits]:
    """The gallery, and the digits in it."""
    panel = inside(pilot).query_one(GalleryPanel)
    assert panel.digits is not None
    return panel, panel.digits


def matrix_of(pilot: Any) -> tuple[ConfusionPanel, Array]:
    """The confusion panel, and its matrix."""
    panel = inside(pilot).query_one(ConfusionPanel)
    assert panel.matrix is not None
    return panel, panel.matrix


@pytest.mark.parametrize(("size", "ascii"), SIZES, ids=SIZE_NAMES)
class TestPictures:
    """Each view in the sizes that are worked in, and in ASCII."""

    def test_weights(self, snap_compare: Compare, made: Path, tmp_path: Path, size, ascii) -> None:
        assert snap_compare(app_over(made, tmp_path, ascii=ascii), terminal_size=size, run_before=keys("4"))

    def test_confusion(self, snap_compare: Compare, made: Path, tmp_path: Path, size, ascii) -> None:
        assert snap_compare(app_over(made, tmp_path, ascii=ascii), terminal_size=size, run_before=keys("4", "c"))

    def test_digits_of_a_cell(self, snap_compare: Compare, made: Path, tmp_path: Path, size, ascii) -> None:
        app = app_over(made, tmp_path, ascii=ascii)
        assert snap_compare(app, terminal_size=size, run_before=keys("4", "c", "enter"))

    def test_mistakes(self, snap_compare: Compare, made: Path, tmp_path: Path, size, ascii) -> None:
        app = app_over(made, tmp_path, ascii=ascii)
        assert snap_compare(app, terminal_size=size, run_before=keys("4", "m", "right"))

    def test_layers(self, snap_compare: Compare, made: Path, tmp_path: Path, size, ascii) -> None:
        assert snap_compare(app_over(made, tmp_path, ascii=ascii), terminal_size=size, run_before=keys("4", "y"))


class TestOtherPictures:
    """Themes, and what is said where there is nothing to see."""

    @pytest.mark.parametrize("theme", ["light", "colour-blind", "plain"])
    def test_mistakes_in_every_theme(self, snap_compare: Compare, made: Path, tmp_path: Path, theme: str) -> None:
        app = app_over(made, tmp_path, theme=theme)
        assert snap_compare(app, terminal_size=LARGE, run_before=keys("4", "m"))

    def test_weights_without_colour(self, snap_compare: Compare, made: Path, tmp_path: Path) -> None:
        app = app_over(made, tmp_path, theme="plain")
        assert snap_compare(app, terminal_size=SMALL, run_before=keys("4"))

    def test_no_run(self, snap_compare: Compare, tmp_path: Path) -> None:
        assert snap_compare(app_over(None, tmp_path), terminal_size=SMALL, run_before=keys("4"))

    def test_an_earlier_checkpoint_at_full_size(self, snap_compare: Compare, made: Path, tmp_path: Path) -> None:
        app = app_over(made, tmp_path)
        assert snap_compare(app, terminal_size=SMALL, run_before=keys("4", "comma", "z", "right"))


class TestScrubbing:
    """Going over the saved checkpoints."""

    async def test_each_checkpoint_shows_its_own_weights_and_confusion(self, made: Path, tmp_path: Path) -> None:
        app = app_over(made, tmp_path)
        async with app.run_test(size=LARGE) as pilot:
            await keys("4")(pilot)
            for name in ("step-000000060", "step-000000040", "step-000000020", "step-000000020"):
                weights = read_checkpoint(made / "checkpoints" / f"{name}.safetensors").tensors["linear1.weight"]
                pictures = inside(pilot).query_one(WeightsPanel).pictures
                assert isinstance(pictures, Pictures)
                assert np.array_equal(pictures.images.reshape(10, -1), weights)
                looker = Looker(made)
                saved = next(s for s in looker.saved() if s.name.startswith(name))
                assert (matrix_of(pilot)[1] == looker.look(saved).confusion).all()
                await keys("comma")(pilot)
            await keys("full_stop")(pilot)
            assert look_of(pilot).saved.step == 40

    async def test_a_click_on_the_scrubber_takes_the_nearest_checkpoint(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=LARGE) as pilot:
            await keys("4")(pilot)
            scrubber = inside(pilot).query_one(Scrubber)
            await pilot.click(scrubber, offset=(scrubber.size.width // 3, scrubber.size.height - 1))
            await settled(pilot)
            assert look_of(pilot).saved.epoch == 1

    async def test_a_run_that_trains_is_followed_until_an_earlier_checkpoint_is_chosen(
        self, small_mnist: Path, tmp_path: Path
    ) -> None:
        run = make_run(tmp_path / "runs", small_mnist, epochs=2, over=False)
        app = app_over(run, tmp_path)
        clock = app.bench.clock
        assert isinstance(clock, Clock)
        async with app.run_test(size=SMALL) as pilot:
            await keys("4")(pilot)
            for number, seen in ((3, 3), (4, 4)):
                say(run, save_epoch(run, number, 1.0))
                clock.now += 5
                app.tick()
                await settled(pilot)
                assert look_of(pilot).saved.epoch == seen
            await keys("comma")(pilot)
            say(run, save_epoch(run, 5, 1.0))
            clock.now += 5
            app.tick()
            await settled(pilot)
            assert look_of(pilot).saved.epoch == 3
            assert len(inside(pilot).query_one(Scrubber).saved) == 5


class TestConfusion:
    """Cells and the digits in them."""

    async def test_a_cell_opens_its_digits_by_keys(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("4", "c", (*["up"] * 9, *["left"] * 9, *["down"] * 3, *["right"] * 5), "enter")(pilot)
            _, digits = digits_of(pilot)
            assert matrix_of(pilot)[0].cursor == (3, 5)
            assert len(digits) == look_of(pilot).confusion[3, 5]
            assert (digits.labels == 3).all()
            assert (digits.certainties.argmax(axis=1) == 5).all()
            assert np.array_equal(digits.images, Looker(made).inputs[digits.indices])
            await keys("escape")(pilot)
            assert inside(pilot).view == "confusion"

    async def test_a_click_opens_the_cell_under_it(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=LARGE) as pilot:
            await keys("4", "c")(pilot)
            panel = inside(pilot).query_one(ConfusionPanel)
            for line in (0, panel._tall - 1):
                for column in (0, panel._cell - 1):
                    await pilot.click(panel, offset=(8 + 9 * panel._cell + column, 2 + 4 * panel._tall + line))
                    await settled(pilot)
                    assert panel.cursor == (4, 9)
                    assert inside(pilot).view == "cell"
                    await keys("escape", "left")(pilot)

    async def test_the_cursor_begins_at_the_worst_confusion(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("4", "c")(pilot)
            panel, matrix = matrix_of(pilot)
            wrong = matrix * (1 - np.eye(10))
            assert wrong[panel.cursor] == wrong.max() > 0


class TestMistakes:
    """Stepping through them."""

    async def test_steps_go_from_the_surest_on_and_stop_at_the_ends(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=SMALL) as pilot:
            await keys("4", "m", "left")(pilot)
            panel, digits = digits_of(pilot)
            assert panel.at == 0
            assert (np.diff(digits.certainties.max(axis=1)) <= 0).all()
            assert (digits.certainties.argmax(axis=1) != digits.labels).all()
            await keys("right", "right")(pilot)
            assert panel.at == 2
            await keys("end")(pilot)
            assert panel.at == len(digits) - 1
            await keys("right")(pilot)
            assert panel.at == len(digits) - 1

    async def test_a_click_on_a_small_picture_looks_at_it(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=LARGE) as pilot:
            await keys("4", "m", "z")(pilot)
            panel = inside(pilot).query_one(GalleryPanel)
            x, y, *_, index = panel._places[9]
            await pilot.click(panel, offset=(x + 3, y + 3))
            await settled(pilot)
            assert (panel.at, panel.many) == (index, False)


class TestWhatCannotBeShown:
    """A sentence instead of a picture."""

    @pytest.mark.parametrize(
        ("view", "words"),
        [("nothing", "Nothing is saved yet"), ("broken", "SHA-256"), ("gone", "not a run")],
    )
    async def test_a_sentence_says_why(self, small_mnist: Path, tmp_path: Path, view: str, words: str) -> None:
        run = make_run(tmp_path / "runs", small_mnist, epochs=1)
        checkpoint = run / "checkpoints" / "step-000000020.safetensors"
        if view == "nothing":
            checkpoint.unlink()
        elif view == "broken":
            data = bytearray(checkpoint.read_bytes())
            data[-5] ^= 1
            checkpoint.write_bytes(data)
        app = app_over(run, tmp_path)
        if view == "gone":
            (run / "run.json").unlink()
        async with app.run_test(size=SMALL) as pilot:
            await keys("4")(pilot)
            assert words in str(inside(pilot).query_one("#why", Static).content)

    async def test_every_network_of_the_catalogue_can_be_looked_into(self, small_mnist: Path, tmp_path: Path) -> None:
        from tui_trainer.run import train_run

        for network in ("lenet", "mlp"):
            run = new_run(small_mnist, tmp_path / "runs", network=network, epochs=1, init="he")
            train_run(run.path)
            async with app_over(run.path, tmp_path).run_test(size=LARGE) as pilot:
                await keys("4", "z", "c", "m", "y", "pagedown")(pilot)
                assert inside(pilot).look is not None


class TestLayout:
    """How pictures share a page."""

    @pytest.mark.parametrize(("width", "height", "down"), [(78, 17, 2), (118, 32, 2), (160, 40, 2), (200, 20, 1)])
    def test_ten_templates_fit_on_one_page_as_large_as_they_can_be(self, width: int, height: int, down: int) -> None:
        page = lay_out(10, (28, 28), width, height, full=False)
        assert page.holds >= 10
        assert page.down == down
        assert page.across * (page.columns + 2) - 2 <= width
        assert page.down * (page.rows // 2 + 1) <= height

    def test_many_are_turned_over_in_pages(self) -> None:
        page = lay_out(256, (28, 28), 118, 32, full=False)
        assert 20 < page.holds < 256
        assert page.columns == 14

    def test_small_filters_are_drawn_larger(self) -> None:
        assert lay_out(6, (5, 5), 118, 32, full=False).columns % 5 == 0
        assert lay_out(6, (5, 5), 118, 32, full=False).columns > 14

    def test_a_histogram_shows_what_is_rare(self) -> None:
        assert bars_of([0, 1, 10_000], ascii=False) == " ▁█"
        assert bars_of([0, 1, 10_000], ascii=True).isascii()

    def test_numbers_that_are_not_finite_are_a_row_too(self) -> None:
        rows = list(table([{"layer": "linear1", "kind": "linear", "nonfinite": 3}]))
        assert rows[0][4]

    async def test_layers_scroll(self, made: Path, tmp_path: Path) -> None:
        async with app_over(made, tmp_path).run_test(size=(80, 12)) as pilot:
            await keys("4", "y")(pilot)
            panel = inside(pilot).query_one(LayersPanel)
            panel.show(LAYERS * 3)
            await settled(pilot)
            await keys(("down", "down"))(pilot)
            assert panel._first == 2
            await keys(("pagedown",) * 9)(pilot)
            assert panel._first == 3 * 6 - (panel.size.height - 1)
