"""The assignment's plots: loss and error over the epochs, with the band over the seeds."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tui_trainer.reproduce.measured import SPLITS, Row
from tui_trainer.reproduce.report.blocks import Figure
from tui_trainer.reproduce.report.svg import Scale, area, dot, line, segment, text, ticks

WIDTH, HEIGHT = 440, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 30, 36


@dataclass(frozen=True)
class Band:
    """The least, the middle and the greatest of the seeds at each epoch."""

    epochs: Sequence[float]
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]


def band(row: Row, name: str) -> Band:
    """One series of all seeds of a row; epochs that no seed measured finitely are left out."""
    points: dict[float, list[float]] = {}
    for result in row.seeds.values():
        curve = result.history.curves[name]
        for epoch, value in zip(curve.epochs, curve.values, strict=True):
            if math.isfinite(value):
                points.setdefault(epoch, []).append(value)
    epochs = sorted(points)
    values = [points[epoch] for epoch in epochs]
    return Band(epochs, [min(v) for v in values], [statistics.median(v) for v in values], [max(v) for v in values])


def curve_figure(row: Row, quantity: str) -> Figure:
    """`quantity` (loss or error) of both splits over the epochs; on an error also where the assignment's run ended."""
    bands = {split: band(row, f"{split}_{quantity}") for split in SPLITS}
    highest = max((value for found in bands.values() for value in found.high), default=1.0)
    x = Scale(0, max(1, row.epochs), LEFT, WIDTH - RIGHT)
    y = Scale(0, highest * 1.04 or 1.0, HEIGHT - BOTTOM, TOP)
    parts = [_axes(x, y, quantity)]
    parts += [_band(found, x, y, f"band {split}") for split, found in bands.items()]
    parts += [line([(x(e), y(v)) for e, v in _thread(found)], f"curve {split}") for split, found in bands.items()]
    if quantity == "error":
        parts += [_reported(row, split, x, y) for split in SPLITS]
    parts.append(_legend(quantity))
    name = row.experiment.name.replace(" ", "-")
    alt = f"{quantity} over {row.epochs} epochs, {row.experiment.name}, {len(row.seeds)} seeds"
    return Figure(f"{name}-{quantity}", "".join(parts), WIDTH, HEIGHT, alt)


def _thread(found: Band) -> list[tuple[float, float]]:
    return list(zip(found.epochs, found.middle, strict=True))


def _band(found: Band, x: Scale, y: Scale, kind: str) -> str:
    upper = [(x(e), y(v)) for e, v in zip(found.epochs, found.high, strict=True)]
    lower = [(x(e), y(v)) for e, v in zip(found.epochs, found.low, strict=True)]
    return area(upper + lower[::-1], kind)


def _axes(x: Scale, y: Scale, quantity: str) -> str:
    parts = []
    for value in ticks(y.low, y.high):
        words = f"{100 * value:.3g} %" if quantity == "error" else f"{value:.3g}"
        parts.append(segment(x.first, y(value), x.last, y(value), "grid"))
        parts.append(text(x.first - 6, y(value) + 4, words, "end"))
    for value in ticks(x.low, x.high):
        if value == int(value):
            parts.append(segment(x(value), y.first, x(value), y.first + 4, "axis"))
            parts.append(text(x(value), y.first + 17, f"{value:.0f}", "middle"))
    parts.append(segment(x.first, y.first, x.last, y.first, "axis"))
    parts.append(text((x.first + x.last) / 2, HEIGHT - 4, "epoch", "middle"))
    parts.append(text(4, 15, quantity, kind="strong"))
    return "".join(parts)


def _reported(row: Row, split: str, x: Scale, y: Scale) -> str:
    error = 1 - row.experiment.reported[split]["final"]
    return dot(x(row.epochs), y(error), f"reported {split}", 4.5) if error <= y.high else ""


def _legend(quantity: str) -> str:
    """Names at the top right, each beside its mark."""
    parts, right = [], WIDTH - RIGHT
    for kind, words, room in (("validation", "validation", 62), ("training", "training", 52)):
        parts.append(text(right, 15, words, "end"))
        parts.append(segment(right - room - 18, 11, right - room - 4, 11, f"curve {kind}"))
        right -= room + 30
    if quantity == "error":
        parts.append(text(right, 15, "reported", "end"))
        parts.append(dot(right - 60, 11, "reported", 4.5))
    return "".join(parts)
