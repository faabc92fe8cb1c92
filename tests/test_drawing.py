"""Drawn digits become what MNIST's makers would have made of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import nearest_mean
from PIL import Image

from engines.interface import Array
from tui_trainer import data
from tui_trainer.config import resolve
from tui_trainer.data import DataError
from tui_trainer.drawing import BOX, RASTER, Paper, Point, as_mnist, ink_of, load_png, resampled

points = st.tuples(st.floats(0, 1), st.floats(0, 1))
strokes = st.lists(st.lists(points, min_size=1, max_size=6), min_size=1, max_size=4)


def drawn(lines: list[list[Point]], width: float = 0.08) -> Paper:
    """A paper with these strokes."""
    paper = Paper()
    for line in lines:
        paper.begin(line[0], width)
        for point in line[1:]:
            paper.draw_to(point)
    return paper


def alike(a: Array, b: Array) -> float:
    """Correlation of two inputs; a step of a pixel is forgiven, for it hangs on a hair where the centre is rounded."""
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float(np.corrcoef(np.roll(a, shift, axis=(0, 1)).ravel(), b.ravel())[0, 1]) for shift in shifts)


@pytest.fixture(scope="module")
def test_digits() -> tuple[Array, Array]:
    """All 10,000 validation examples of the shipped MNIST and their labels."""
    splits = data.load(resolve({"train_examples": 1_000, "validation_examples": 10_000})).splits
    return splits["validation"].inputs, splits["validation"].labels


class TestMnistsOwnDigits:
    """The oracle: MNIST was made by the same rule, so its own digits must come out as they went in."""

    def test_nearly_all_come_out_bit_for_bit_and_all_classify_as_they_do_directly(self, test_digits) -> None:
        inputs, labels = test_digits
        through = np.stack([as_mnist(image / 255) for image in inputs])
        assert (through == inputs).all(axis=(1, 2)).mean() >= 0.999  # three of 10,000 have a box of 19 pixels
        network = nearest_mean(inputs, labels)
        weight, bias = network["linear1.weight"], network["linear1.bias"]
        answers = [np.argmax(x.reshape(-1, 784) / 255 @ weight.T + bias, axis=1) for x in (inputs, through)]
        assert (answers[0] == labels).mean() > 0.8
        assert (answers[0] == answers[1]).all()

    def test_put_on_the_paper_they_come_back_bit_for_bit(self, test_digits) -> None:
        for image in test_digits[0][:200]:
            paper = Paper()
            paper.put(image / 255)
            assert (as_mnist(paper.ink) == image).all()


class TestCentredAndScaled:
    """Where the ink lies and how large it is makes no difference."""

    @given(strokes)
    def test_the_box_is_20_pixels_and_the_centre_of_mass_within_half_a_pixel_of_the_middle(self, lines) -> None:
        made = as_mnist(drawn(lines).ink)
        rows, columns = np.flatnonzero(made.any(axis=1)), np.flatnonzero(made.any(axis=0))
        sides = (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
        assert BOX - 2 <= max(sides) <= BOX  # faint rims can round to nothing
        for axis, index in enumerate((rows, columns)):
            mass = made.sum(axis=1 - axis)
            centre = np.dot(mass, np.arange(28)) / mass.sum()
            touches = index[0] == 0 or index[-1] == 27  # as near as the frame lets it
            assert abs(centre - 14) <= 0.55 or touches

    @given(st.integers(-20, 20), st.integers(-20, 20))
    def test_moving_the_ink_by_whole_pixels_changes_nothing(self, right: int, down: int) -> None:
        ink = np.zeros((RASTER, RASTER))
        ink[30:80, 40:70] = np.linspace(0.1, 1, 30)
        assert (as_mnist(np.roll(ink, (down, right), axis=(0, 1))) == as_mnist(ink)).all()

    def test_a_digit_half_as_large_looks_the_same_but_for_the_edges(self) -> None:
        lines = [[(0.2, 0.1), (0.8, 0.1), (0.4, 0.9)]]
        small = [[(0.3 + x / 2, 0.3 + y / 2) for x, y in line] for line in lines]
        assert alike(as_mnist(drawn(lines, 0.1).ink), as_mnist(drawn(small, 0.05).ink)) > 0.98

    def test_no_ink_is_all_zeros(self) -> None:
        assert not as_mnist(Paper().ink).any()

    @pytest.mark.parametrize("shape", [(28, 28), (20, 40), (7, 5), (64, 64)])
    def test_any_shape_of_inputs_can_be_drawn_for(self, shape: tuple[int, int]) -> None:
        made = as_mnist(drawn([[(0.2, 0.1), (0.8, 0.1), (0.4, 0.9)]]).ink, shape)
        assert made.shape == shape
        assert made.max() >= 0.95 * 255


class TestPaper:
    """Ink by strokes."""

    @given(strokes)
    def test_drawing_piece_by_piece_is_drawing_at_once(self, lines) -> None:
        paper = drawn(lines)
        assert np.array_equal(paper.ink, ink_of(paper.strokes))
        assert 0 <= paper.ink.min() <= paper.ink.max() <= 1

    @given(strokes)
    def test_undo_takes_back_exactly_the_last_stroke(self, lines) -> None:
        paper = drawn(lines)
        paper.undo()
        assert np.array_equal(paper.ink, drawn(lines[:-1]).ink)

    def test_a_thicker_pen_leaves_more_ink(self) -> None:
        line = [[(0.2, 0.5), (0.8, 0.5)]]
        amounts = [drawn(line, width).ink.sum() for width in (0.05, 0.1, 0.2)]
        assert amounts == sorted(amounts)
        assert amounts[1] == pytest.approx(0.1 * 0.6 * RASTER**2 + np.pi * (0.05 * RASTER) ** 2, rel=0.02)

    def test_strokes_over_a_picture_are_taken_back_before_it(self) -> None:
        paper = Paper()
        paper.put(np.eye(28))
        picture = paper.ink.copy()
        paper.begin((0.9, 0.1), 0.1)
        paper.undo()
        assert np.array_equal(paper.ink, picture)
        paper.undo()
        assert paper.empty

    @given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
    def test_resampling_keeps_the_mean(self, rows: int, columns: int, new_rows: int, new_columns: int) -> None:
        image = np.random.default_rng(rows * 61 + columns).random((rows, columns))
        assert resampled(image, new_rows, new_columns).mean() == pytest.approx(image.mean())


class TestPng:
    """A picture from outside: ink dark or light, paper white, black, grey or none at all."""

    @pytest.fixture
    def digit(self) -> Array:
        """A seven, 0 to 255."""
        return np.round(drawn([[(0.2, 0.1), (0.8, 0.1), (0.4, 0.9)]]).ink * 255).astype(np.uint8)

    @pytest.mark.parametrize("kind", ["light on dark", "dark on light", "colour", "transparent", "palette", "one bit"])
    def test_the_same_digit_is_the_same_however_it_is_stored(self, tmp_path: Path, digit: Array, kind: str) -> None:
        light = Image.fromarray(digit)
        dark = Image.fromarray(255 - digit)
        image = {
            "light on dark": light,
            "dark on light": dark,
            "colour": dark.convert("RGB"),
            "transparent": Image.merge("LA", (Image.new("L", light.size, 0), light)),
            "palette": dark.convert("P"),
            "one bit": dark.convert("1", dither=Image.Dither.NONE),
        }[kind]
        image.save(tmp_path / "digit.png")
        made = as_mnist(load_png(tmp_path / "digit.png"))
        assert alike(as_mnist(digit / 255), made) > 0.9

    def test_a_large_picture_is_made_smaller(self, tmp_path: Path, digit: Array) -> None:
        Image.fromarray(digit).resize((2000, 2000)).save(tmp_path / "large.png")
        ink = load_png(tmp_path / "large.png")
        assert max(ink.shape) <= 4 * RASTER
        assert alike(as_mnist(ink), as_mnist(digit / 255)) > 0.9

    def test_a_picture_of_very_many_pixels_is_refused_in_words(self, tmp_path: Path) -> None:
        Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
        with pytest.raises(DataError, match="too large"):
            load_png(tmp_path / "bomb.png")

    def test_an_empty_picture_has_no_ink(self, tmp_path: Path) -> None:
        Image.new("L", (30, 30), 200).save(tmp_path / "empty.png")
        assert not load_png(tmp_path / "empty.png").any()

    @pytest.mark.parametrize(
        ("name", "contents", "words"),
        [
            ("missing.png", None, "no such file"),
            ("text.png", b"not a picture", "not a PNG"),
            ("cut.png", "cut", "cannot be read"),
            ("photo.png", "jpeg", "not a PNG"),
            ("bomb.png", "bomb", "at most 4096"),
        ],
    )
    def test_what_is_no_digit_is_refused_in_one_line(self, tmp_path: Path, digit: Array, name, contents, words) -> None:
        path = tmp_path / name
        if contents == "cut":
            Image.fromarray(digit).save(path)
            path.write_bytes(path.read_bytes()[:-60])
        elif contents == "jpeg":
            Image.fromarray(digit).save(path, format="JPEG")
        elif contents == "bomb":
            Image.new("1", (20_000, 100)).save(path)
        elif contents is not None:
            path.write_bytes(contents)
        with pytest.raises(DataError, match=words) as caught:
            load_png(path)
        assert "\n" not in str(caught.value)
