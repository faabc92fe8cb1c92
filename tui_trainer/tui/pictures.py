"""Pictures on a terminal: half-blocks, a column a pixel; characters where there is no colour or no Unicode."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from rich.segment import Segment
from rich.style import Style

from engines.interface import Array

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp

LEVELS = 24  # shades from paper to ink: more cannot be told apart, and fewer styles are faster
_RAMP = " .:-=+*#%@"
_SIGNED = {-2: "=", -1: "-", 0: " ", 1: "+", 2: "#"}  # strongly and weakly negative, none, weakly and strongly positive
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}

Line = list[Segment]


@dataclass(frozen=True)
class Ink:
    """The colours of pictures and of the words around them, as `#rrggbb`; all empty where there is no colour."""

    paper: str
    ink: str
    negative: str
    positive: str
    text: str
    quiet: str
    primary: str
    good: str
    bad: str
    ascii: bool

    def style(self, name: str, bold: bool = False) -> Style:
        """A style for words."""
        colour = getattr(self, name)
        return Style(color=colour or None, bold=bold or None)


def ink_of(app: "TrainerApp") -> Ink:
    """The colours of the app's theme."""
    from tui_trainer.tui.themes import palette

    theme, series = app.current_theme, palette(app.theme).series
    names = (theme.panel, theme.foreground, series[0], series[1], theme.foreground, theme.variables.get("quiet"))
    more = (theme.primary, theme.success, theme.error)
    return Ink(*(name if name and name.startswith("#") else "" for name in (*names, *more)), app.marks.ascii)


def picture(image: Array, ink: Ink, signed: bool = False) -> list[Line]:
    """Lines of two rows each; values in [0, 1], or in [-1, 1] on the diverging scale."""
    if len(image) % 2:
        image = np.vstack([image, np.zeros((1, image.shape[1]))])
    top, bottom = image[0::2], image[1::2]
    if not ink.paper or ink.ascii:
        return [_characters(a, b, ink, signed) for a, b in zip(top, bottom, strict=True)]
    whole = np.round(np.clip(image, -1, 1) * LEVELS).astype(int)
    return [_blocks(a, b, ink, signed) for a, b in zip(whole[0::2].tolist(), whole[1::2].tolist(), strict=True)]


def _blocks(top: list[int], bottom: list[int], ink: Ink, signed: bool) -> Line:
    line: Line = []
    for above, below in zip(top, bottom, strict=True):
        style = _pair(above, below, ink, signed)
        sign = " " if above == below else "▀"
        if line and line[-1].style == style and line[-1].text[-1] == sign:
            line[-1] = Segment(line[-1].text + sign, style)
        else:
            line.append(Segment(sign, style))
    return line


@lru_cache(maxsize=8192)
def _pair(above: int, below: int, ink: Ink, signed: bool) -> Style:
    return Style(color=shade(above / LEVELS, ink, signed), bgcolor=shade(below / LEVELS, ink, signed))


def shade(value: float, ink: Ink, signed: bool = False) -> str:
    """The colour of a value on the scale."""
    full = (ink.positive if value > 0 else ink.negative) if signed else ink.ink
    return _mixed(ink.paper, full, min(1.0, abs(value)))


def _mixed(low: str, high: str, share: float) -> str:
    pairs = ((int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _characters(top: Array, bottom: Array, ink: Ink, signed: bool) -> Line:
    """A line without half-blocks in colour: signs by strength, or black and white halves."""
    if not signed and not ink.ascii:
        halves = zip((top > 0.4).tolist(), (bottom > 0.4).tolist(), strict=True)
        return [Segment("".join(_HALVES[pair] for pair in halves))]
    mean = np.clip((top + bottom) / 2, -1, 1).tolist()
    if not signed:
        return [Segment("".join(_RAMP[round(max(0.0, value) * (len(_RAMP) - 1))] for value in mean), ink.style("ink"))]
    return [Segment(_signed(value), ink.style("positive" if value > 0 else "negative")) for value in mean]


def _signed(value: float) -> str:
    return _SIGNED[(1 if value > 0 else -1) * (2 if abs(value) > 0.5 else 1 if abs(value) > 0.15 else 0)]


def scale_line(scale: float, ink: Ink, width: int = 24) -> Line:
    """The diverging scale with its ends written."""
    ramp = np.linspace(-1, 1, width)[None, :].repeat(2, axis=0)
    quiet = ink.style("quiet")
    low, high = (f"<{-scale:.2g} ", f" >{scale:.2g}") if ink.ascii else (f"≤ −{scale:.2g} ", f" ≥ {scale:.2g}")
    return [Segment(low, quiet), *picture(ramp, ink, signed=True)[0], Segment(high, quiet)]
