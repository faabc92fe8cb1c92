"""Blocks as Markdown, with its figures in files beside it."""

import html
import re
from collections.abc import Sequence

from tui_trainer.reproduce.report.blocks import Block, Code, Figures, Heading, Items, Line, Table, Text


def document(blocks: Sequence[Block], figures: str) -> str:
    """The whole text; `figures` is the folder of the drawings, seen from it."""
    return "\n\n".join(_block(block, figures) for block in blocks) + "\n"


def _block(block: Block, figures: str) -> str:
    match block:
        case Heading(level, text):
            return "#" * level + " " + _escaped(text)
        case Text(text):
            return _angles(text)
        case Items(items):
            return "\n".join(f"- {_angles(item)}" for item in items)
        case Code(lines):
            return "\n".join(f"    {line}" for line in lines)
        case Figures():
            images = "\n".join(f"![{_escaped(f.alt)}]({figures}/{f.name}.svg)" for f in block.figures)
            return images + (f"\n\n{_angles(block.caption)}" if block.caption else "")
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    rule = [":---" if place < table.left else "---:" for place in range(len(table.headers))]
    return "\n".join(
        ["| " + " | ".join(table.headers) + " |", "|" + "|".join(rule) + "|", *map(_line(table), table.lines)]
    )


def _line(table: Table):
    def line(found: Line) -> str:
        cells = [_escaped(cell) for cell in found.cells]
        cells = [f"**{cell}**" if cell else "" for cell in cells] if found.kind else cells
        return "| " + " | ".join(cells + [""] * (len(table.headers) - len(cells))) + " |"

    return line


def _escaped(text: str) -> str:
    """Text in which nothing is markup."""
    return re.sub(r"([\\`*_{}\[\]|#])", r"\\\1", _angles(text))


def _angles(text: str) -> str:
    """Our own words with their marks, but no HTML."""
    return html.escape(text, quote=False)
