"""Drawn digits: strokes become ink, and ink becomes what MNIST's makers would have made of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from engines.interface import Array
from tui_trainer.data import DataError

RASTER = 112  # pixels along a side of the paper
BOX, FRAME = 20, 28  # MNIST: the longer side of the digit, and the side of the picture that it is put into
LARGEST_PNG = 4096  # pixels along a side
NOISE = 0.1  # what is fainter on a scanned paper is no ink

Point = tuple[float, float]  # x, y in [0, 1] from the upper left


@dataclass(frozen=True)
class Stroke:
    """A line drawn without lifting the pen, whose `width` is a share of the paper's side."""

    points: tuple[Point, ...]
    width: float


@dataclass
class Paper:
    """What was drawn so far; `under` is ink that was there before, as from a file."""

    strokes: list[Stroke] = field(default_factory=list)
    under: Array | None = None
    ink: Array = field(default_factory=lambda: np.zeros((RASTER, RASTER)))  # (rows, columns) in [0, 1]

    @property
    def empty(self) -> bool:
        """Whether there is no ink."""
        return not self.ink.any()

    def begin(self, point: Point, width: float) -> None:
        """Put the pen down."""
        self.strokes.append(Stroke((point,), width))
        _segment(self.ink, point, point, width)

    def draw_to(self, point: Point) -> None:
        """Move the pen that is down."""
        stroke = self.strokes[-1]
        self.strokes[-1] = Stroke((*stroke.points, point), stroke.width)
        _segment(self.ink, stroke.points[-1], point, stroke.width)

    def undo(self) -> None:
        """Take the last stroke back, or else what was there before."""
        if self.strokes:
            self.strokes.pop()
        else:
            self.under = None
        self.ink = ink_of(self.strokes)
        if self.under is not None:
            self.ink = np.maximum(self.ink, self.under)

    def clear(self) -> None:
        """A new paper."""
        self.strokes, self.under = [], None
        self.ink = ink_of(())

    def put(self, image: Array) -> None:
        """Begin with a picture `(rows, columns)` in [0, 1], fitted into the middle."""
        self.strokes = []
        rows, columns = image.shape
        factor = RASTER / max(rows, columns)
        fitted = resampled(image, max(1, round(rows * factor)), max(1, round(columns * factor)))
        self.under = np.zeros((RASTER, RASTER))
        top, left = (RASTER - fitted.shape[0]) // 2, (RASTER - fitted.shape[1]) // 2
        self.under[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
        self.ink = self.under.copy()


def ink_of(strokes: Sequence[Stroke], size: int = RASTER) -> Array:
    """How much of each pixel the strokes cover, `(size, size)` in [0, 1]."""
    ink = np.zeros((size, size))
    for stroke in strokes:
        for a, b in pairwise((stroke.points[0], *stroke.points)):
            _segment(ink, a, b, stroke.width)
    return ink


def _segment(ink: Array, a: Point, b: Point, width: float) -> None:
    """Add a straight line with round ends; only the pixels around it are touched."""
    size, radius = len(ink), max(0.5, width * len(ink) / 2)
    (ax, ay), (bx, by) = ((x * size, y * size) for x, y in (a, b))
    left, right = (max(0, math.floor(min(ax, bx) - radius - 1)), min(size, math.ceil(max(ax, bx) + radius + 1)))
    top, bottom = (max(0, math.floor(min(ay, by) - radius - 1)), min(size, math.ceil(max(ay, by) + radius + 1)))
    if left >= right or top >= bottom:
        return
    x, y = np.arange(left, right) + 0.5, (np.arange(top, bottom) + 0.5)[:, None]
    dx, dy = bx - ax, by - ay
    along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy or 1.0), 0, 1)
    distance = np.hypot(x - ax - along * dx, y - ay - along * dy)
    part = ink[top:bottom, left:right]
    np.maximum(part, np.clip(radius + 0.5 - distance, 0, 1), out=part)


def resampled(image: Array, rows: int, columns: int) -> Array:
    """The image at another size, each new pixel the mean of the area that it covers; float64."""
    if image.shape == (rows, columns):
        return image.astype(np.float64)
    return _areas(image.shape[0], rows) @ image.astype(np.float64) @ _areas(image.shape[1], columns).T


@lru_cache(maxsize=64)
def _areas(old: int, new: int) -> Array:
    """`(new, old)`: how much of each new pixel an old one fills; rows sum to 1."""
    edges = np.arange(new + 1) * (old / new)
    low = np.maximum(edges[:-1, None], np.arange(old)[None, :])
    high = np.minimum(edges[1:, None], np.arange(1, old + 1)[None, :])
    return np.maximum(high - low, 0.0) * (new / old)


def as_mnist(ink: Array, shape: tuple[int, int] = (FRAME, FRAME)) -> Array:
    """Ink `(rows, columns)` in [0, 1] as an input `shape` uint8, made as MNIST was made.

    The ink's box is scaled so that its longer side is 20 of 28 pixels, and moved by whole pixels so that its
    centre of mass stands in the middle (LeCun et al. 1998, and the data set's own page). No ink gives zeros.
    """
    frame = np.zeros(shape)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return frame.astype(np.uint8)
    digit = _boxed(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], round(min(shape) * BOX / FRAME))
    top, left = (_start(digit.sum(axis=1 - axis), length) for axis, length in enumerate(shape))
    frame[top : top + len(digit), left : left + digit.shape[1]] = digit
    return np.round(frame * 255).astype(np.uint8)


def _boxed(digit: Array, box: int) -> Array:
    """Scaled into the box, black again where thin lines became grey."""
    factor = box / max(digit.shape)
    scaled = resampled(digit, *(min(box, max(1, round(side * factor))) for side in digit.shape))
    peak = float(scaled.max())
    return scaled / peak if peak < 0.95 else scaled


def _start(mass: Array, length: int) -> int:
    """Where a side begins so that its centre of mass lies within half a pixel of the middle, or as near as fits."""
    centre = float(np.dot(mass, np.arange(len(mass))) / mass.sum())
    return max(0, min(length - len(mass), round(length / 2 - centre)))


def load_png(path: Path) -> Array:
    """The ink of a PNG file `(rows, columns)` in [0, 1], whichever of ink and paper is the darker; `DataError`."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=["PNG"]) as image:
            size = image.size
            layered = image.convert("RGBA") if max(size) <= LARGEST_PNG else None
    except Image.DecompressionBombError:  # so many pixels that Pillow does not open it
        raise DataError(path, f"is too large; at most {LARGEST_PNG} pixels a side are read") from None
    except UnidentifiedImageError:
        raise DataError(path, "is not a PNG picture") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(path, (getattr(error, "strerror", None) or "cannot be read as PNG").lower()) from None
    if layered is None:
        raise DataError(path, f"is {size[0]}×{size[1]}; at most {LARGEST_PNG} pixels a side are read")
    layered.thumbnail((4 * RASTER, 4 * RASTER))
    white = Image.new("RGBA", layered.size, "white")
    return _ink_on_paper(np.asarray(Image.alpha_composite(white, layered).convert("L")) / 255)


def _ink_on_paper(grey: Array) -> Array:
    """How far each pixel is from the paper, the median of the rim."""
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(rim))
    ink = ink / (ink.max() or 1.0)
    return np.where(ink < NOISE, 0.0, ink)
