"""Blocks as one HTML page that needs no network."""

import html
import re
from collections.abc import Sequence
from importlib import resources

from tui_trainer.reproduce.report.blocks import Block, Code, Figure, Figures, Heading, Items, Line, Table, Text

LONG = 34  # characters of a cell that may be broken into lines


def page(title: str, blocks: Sequence[Block]) -> str:
    """A whole page."""
    body = "\n".join(map(_block, blocks))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style()}</style>\n</head>\n<body>\n<main>\n"
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def style() -> str:
    """The style of the page and of its drawings."""
    return (resources.files("tui_trainer.reproduce.report") / "style.css").read_text("utf-8")


def svg(figure: Figure, head: str = "") -> str:
    """A drawing as an SVG element; `head` goes before what is drawn."""
    alt = html.escape(figure.alt, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {figure.width} {figure.height}" role="img" '
        f'aria-label="{alt}">{head}{figure.body}</svg>'
    )


def _block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Text(text, kind):
            return f"<p{_class(kind)}>{_marked(text)}</p>"
        case Items(items):
            return "<ul>\n" + "\n".join(f"<li>{_marked(item)}</li>" for item in items) + "\n</ul>"
        case Code(lines):
            return f"<pre>{html.escape(chr(10).join(lines))}</pre>"
        case Figures(figures, caption):
            drawn = "\n".join(svg(figure) for figure in figures)
            pair = "pair" if len(figures) > 1 else ""
            words = f"<figcaption>{_marked(caption)}</figcaption>" if caption else ""
            return f"<figure><div{_class(pair)}>{drawn}</div>{words}</figure>"
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    head = "".join(_cell("th", text, place < table.left) for place, text in enumerate(table.headers))
    lines = "\n".join(_line(line, table) for line in table.lines)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>'


def _line(line: Line, table: Table) -> str:
    if line.kind == "group":
        cells = f'<td class="left" colspan="{len(table.headers)}">{html.escape(line.cells[0])}</td>'
    else:
        cells = "".join(_cell("td", text, place < table.left) for place, text in enumerate(line.cells))
    return f"<tr{_class(line.kind)}>{cells}</tr>"


def _cell(tag: str, text: str, left: bool) -> str:
    kinds = ["left" if left else "", "long" if len(text) > LONG else ""]
    return f"<{tag}{_class(' '.join(filter(None, kinds)))}>{html.escape(text)}</{tag}>"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _marked(text: str) -> str:
    """Escaped, with what stands in backticks as code and between double asterisks as strong."""
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", escaped)
