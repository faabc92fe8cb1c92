"""Keeps every character on the screen within ASCII, for terminals whose locale has no Unicode."""

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_TABLE = {
    **dict.fromkeys("─━╌═╴╶╸╺▔▁", "-"),
    **dict.fromkeys("│┃║▏▕▎▍▌▐", "|"),
    **dict.fromkeys("┌┐└┘╭╮╰╯├┤┬┴┼╔╗╚╝┏┓┗┛", "+"),
    **dict.fromkeys("█▉▊▋▀▄■▇▆▅", "#"),
    **dict.fromkeys("░▒▓▪·", "."),
    **dict.fromkeys("●◉◆", "*"),
    **dict.fromkeys("○", "o"),
    **dict.fromkeys("←‹", "<"),
    **dict.fromkeys("→›▸»", ">"),
    **dict.fromkeys("↑▲▴", "^"),
    **dict.fromkeys("↓▼▾", "v"),
    **dict.fromkeys("–—−", "-"),
    "…": ".",
    "×": "x",
    "±": "~",
    "≤": "<",
    "≥": ">",
    "✓": "+",
    "✗": "x",
    "“": '"',
    "”": '"',
    "’": "'",
    "‘": "'",
}
_RANGES = (  # box drawing, blocks, braille, sextants
    ("\u2500", "\u257f", "+"),
    ("\u2580", "\u259f", "#"),
    ("\u2800", "\u28ff", "."),
    ("\U0001fb00", "\U0001fbff", "#"),
)


@lru_cache(maxsize=4096)
def spelled(text: str) -> str:
    """The text in ASCII, just as wide; what has no likeness becomes a question mark."""
    return text if text.isascii() else "".join(map(_likeness, text))


def _likeness(char: str) -> str:
    if char.isascii():
        return char
    if char in _TABLE:
        return _TABLE[char]
    for first, last, likeness in _RANGES:
        if first <= char <= last:
            return likeness
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()[:1]
    return (plain or "?").ljust(cell_len(char), "?") if cell_len(char) else ""


class AsciiFilter(LineFilter):
    """The last step before the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        return [Segment(spelled(text), style, control) for text, style, control in segments]
