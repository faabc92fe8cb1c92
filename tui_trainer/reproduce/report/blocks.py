"""What a report is made of, before it is HTML or Markdown.

In `Text` and `Items` a pair of backticks marks code and a pair of double asterisks what is strong; all else, and
all of the other blocks, is taken as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title."""

    level: int
    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = ""  # lead or note


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Line:
    """One row of a table."""

    cells: Sequence[str]
    kind: str = ""  # group or reported


@dataclass(frozen=True)
class Table:
    """A table; `left` says how many columns from the left hold words, the others hold numbers."""

    headers: Sequence[str]
    lines: Sequence[Line]
    left: int = 1


@dataclass(frozen=True)
class Code:
    """Lines to be typed."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Figure:
    """A drawing, the body of an SVG of that size."""

    name: str  # of a file, without its ending
    body: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Figures:
    """Figures beside each other, with what is to be said of them."""

    figures: Sequence[Figure]
    caption: str = field(default="")


Block = Heading | Text | Items | Table | Code | Figures
