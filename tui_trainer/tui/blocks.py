"""Blocks of styled characters, put beside and under one another: how a panel of pictures is laid out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tui_trainer.tui.pictures import Line


@dataclass(frozen=True)
class Block:
    """Lines that are all `width` columns wide."""

    lines: tuple[Line, ...]
    width: int

    @property
    def height(self) -> int:
        """Its lines."""
        return len(self.lines)


def block(lines: Iterable[Line], width: int | None = None) -> Block:
    """Lines of any length as a block: padded, or cut, to one width."""
    lines = list(lines)
    width = max((_length(line) for line in lines), default=0) if width is None else width
    return Block(tuple(Segment.adjust_line_length(line, width) for line in lines), width)


def words(text: str, style: Style | None = None, width: int | None = None) -> Block:
    """A text of one or more lines."""
    return block([[Segment(line, style)] for line in text.split("\n")], width)


def _length(line: Line) -> int:
    return sum(cell_len(segment.text) for segment in line)


def stack(blocks: Sequence[Block], gap: int = 0) -> Block:
    """One under the other, `gap` empty lines between them."""
    width = max((part.width for part in blocks), default=0)
    lines: list[Line] = []
    for index, part in enumerate(blocks):
        lines += [[]] * (gap if index else 0)
        lines += part.lines
    return block(lines, width)


def beside(blocks: Sequence[Block], gap: int = 2) -> Block:
    """One beside the other, `gap` columns between them, their tops in one line."""
    height = max((part.height for part in blocks), default=0)
    lines: list[Line] = []
    for row in range(height):
        line: Line = []
        for index, part in enumerate(blocks):
            line += [Segment(" " * gap)] if index and gap else []
            line += part.lines[row] if row < part.height else [Segment(" " * part.width)]
        lines.append(line)
    return block(lines)


def grid(blocks: Sequence[Block], columns: int, gap: int = 2) -> Block:
    """Row by row, so many in a row."""
    rows = [beside(blocks[first : first + columns], gap) for first in range(0, len(blocks), columns)]
    return stack(rows)


def indented(part: Block, columns: int = 1) -> Block:
    """Moved to the right."""
    return beside([words(" " * columns), part], gap=0) if part.lines else part
