"""Drawn digits: each digit in ten scripted hands, drawn as the app draws; how many do networks trained here know?"""

import math
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from engines.interface import Array
from tui_trainer import run
from tui_trainer.config import resolve
from tui_trainer.drawing import Paper, Point, as_mnist
from tui_trainer.looking import Looker

HANDS = 10
NETWORKS: dict[str, dict[str, Any]] = {
    "assignment": {"network": "assignment", "epochs": 60},
    "mlp": {"network": "mlp", "init": "he", "optimizer": "adam", "learning_rate": 0.001, "epochs": 10},
    "lenet": {"network": "lenet", "init": "he", "optimizer": "adam", "learning_rate": 0.001, "epochs": 4},
}


def arc(x: float, y: float, across: float, down: float, start: float, end: float) -> list[Point]:
    """Points of an ellipse around (x, y); degrees run clockwise from the right."""
    turns = np.radians(np.linspace(start, end, max(8, round(abs(end - start) / 8))))
    return [(x + across * math.cos(turn), y + down * math.sin(turn)) for turn in turns]


# Each digit as strokes in a box of 1 × 1; where people write it in two ways, both.
DIGITS: dict[int, list[list[list[Point]]]] = {
    0: [[arc(0.5, 0.5, 0.3, 0.45, -80, 280)]],
    1: [[[(0.5, 0.05), (0.5, 0.95)]], [[(0.36, 0.22), (0.52, 0.05), (0.52, 0.95)]]],
    2: [[[*arc(0.48, 0.3, 0.27, 0.25, 190, 400), (0.22, 0.94), (0.82, 0.94)]]],
    3: [[[*arc(0.47, 0.28, 0.25, 0.23, 210, 450), *arc(0.47, 0.73, 0.29, 0.23, 272, 510)]]],
    4: [
        [[(0.6, 0.05), (0.18, 0.62), (0.86, 0.62)], [(0.62, 0.34), (0.62, 0.97)]],
        [[(0.24, 0.06), (0.2, 0.52), (0.78, 0.5)], [(0.74, 0.05), (0.7, 0.96)]],
    ],
    5: [[[(0.76, 0.06), (0.34, 0.06), (0.29, 0.46), *arc(0.48, 0.68, 0.28, 0.27, 235, 500)]]],
    6: [[[(0.66, 0.05), (0.42, 0.25), (0.28, 0.52), *arc(0.5, 0.72, 0.25, 0.23, 180, -180)]]],
    7: [
        [[(0.2, 0.08), (0.8, 0.08), (0.42, 0.95)]],
        [[(0.2, 0.08), (0.8, 0.08), (0.42, 0.95)], [(0.35, 0.5), (0.75, 0.5)]],
    ],
    8: [[[*arc(0.5, 0.27, 0.22, 0.21, 90, 450), *arc(0.5, 0.72, 0.27, 0.24, -90, 270)]]],
    9: [[[*arc(0.48, 0.29, 0.24, 0.23, 0, 360), (0.7, 0.6), (0.66, 0.95)]]],
}


def draw(digit: int, hand: int) -> Paper:
    """A digit in a hand: its own pen, size, place, slant, width of the letters and unsteadiness."""
    chance = np.random.Generator(np.random.Philox([digit, hand]))
    pen = (0.05, 0.065, 0.08, 0.1, 0.125)[hand % 5]
    size = chance.uniform(0.45, 0.85)
    slant, aspect, shake = chance.uniform(-0.2, 0.35), chance.uniform(0.75, 1.15), chance.uniform(0.0, 0.02)
    left, top = (chance.uniform(0.05, 0.95 - size) for _ in range(2))
    ways, paper = DIGITS[digit], Paper()
    for stroke in ways[hand % len(ways)]:
        points = _steps(stroke)
        noise = _smooth(chance.normal(0, shake, (len(points), 2)))
        placed = [
            (left + size * ((x - 0.5) * aspect + 0.5 + slant * (0.5 - y) + dx), top + size * (y + dy))
            for (x, y), (dx, dy) in zip(points, noise, strict=True)
        ]
        paper.begin(placed[0], pen)
        for point in placed[1:]:
            paper.draw_to(point)
    return paper


def _steps(stroke: Sequence[Point]) -> list[Point]:
    """The points between the corners, as a mouse reports them."""
    points = [stroke[0]]
    for (ax, ay), (bx, by) in pairwise(stroke):
        count = max(1, round(math.hypot(bx - ax, by - ay) / 0.04))
        points += [(ax + (bx - ax) * i / count, ay + (by - ay) * i / count) for i in range(1, count + 1)]
    return points


def _smooth(noise: Array) -> Array:
    """Unsteadiness that drifts instead of jumping, `(points, 2)`."""
    kernel = np.ones(5) / math.sqrt(5)
    return np.stack([np.convolve(column, kernel, mode="same") for column in noise.T], axis=1)


def train(name: str, runs: Path) -> Looker:
    """A network trained here, at its newest checkpoint."""
    path = run.create(resolve(NETWORKS[name]), runs)
    run.train_run(path)
    looker = Looker(path)
    looker.load(looker.saved()[-1].name)
    return looker


def main() -> None:
    """A row for each network: how many of the ten of each digit it knew."""
    papers = [(digit, draw(digit, hand)) for digit in DIGITS for hand in range(HANDS)]
    labels = np.array([digit for digit, _ in papers])
    inputs = np.stack([as_mnist(paper.ink) for _, paper in papers])
    print(f"{'network':<12}" + "".join(f"{digit:>5}" for digit in DIGITS) + "   right   validation accuracy")
    with tempfile.TemporaryDirectory() as folder:
        for name in NETWORKS:
            looker = train(name, Path(folder))
            right = looker.certainties(inputs).argmax(axis=1) == labels
            counts = "".join(f"{int(right[labels == digit].sum()):>5}" for digit in DIGITS)
            known = float((looker.certainties(looker.inputs).argmax(axis=1) == looker.labels).mean())
            print(f"{name:<12}{counts}   {int(right.sum()):>3}/{len(labels)}   {known:.2%}")
