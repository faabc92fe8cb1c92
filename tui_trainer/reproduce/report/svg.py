"""Draws axes, bands and dots as SVG; the colours come from the page's style, so that they suit light and dark."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps values to pixels; where nothing is to be mapped, all is at the first pixel."""

    low: float
    high: float
    first: float  # pixel of `low`
    last: float  # pixel of `high`

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        span = self.high - self.low
        return self.first + (self.last - self.first) * ((value - self.low) / span if span else 0.0)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers from `low` to `high`."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [step * i for i in range(first, math.floor(high / step + 1e-9) + 1)]


def line(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A line through points in pixels."""
    return f'<polyline class="{kind}" points="{_points(points)}"/>'


def area(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A filled shape with these corners."""
    return f'<polygon class="{kind}" points="{_points(points)}"/>'


def segment(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight stroke."""
    return f'<line class="{kind}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'


def dot(x: float, y: float, kind: str, radius: float = 4.0) -> str:
    """A circle."""
    return f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    """Words, escaped; `anchor` is start, middle or end."""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{html.escape(words)}</text>'


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
