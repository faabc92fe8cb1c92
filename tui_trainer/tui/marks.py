"""The signs that the app draws with, in Unicode and in ASCII."""

from dataclasses import dataclass

_ARROWS = (("←", "left"), ("→", "right"), ("↑", "up"), ("↓", "down"))


@dataclass(frozen=True)
class Marks:
    """One sign for each meaning; all of them one column wide."""

    ascii: bool
    dot: str
    left: str
    right: str
    full: str
    empty: str
    dash: str
    points: tuple[str, ...]  # of curves, in their order

    def keys(self, text: str) -> str:
        """A text that names keys; without arrows to draw, they are spelled, as < and > are keys of their own."""
        for arrow, name in _ARROWS if self.ascii else ():
            text = text.replace(arrow, name)
        return text


UNICODE = Marks(False, "●", "‹", "›", "━", "─", "–", ("●", "◆", "▲", "■", "+", "×", "○"))
ASCII = Marks(True, "*", "<", ">", "=", "-", "-", ("*", "o", "^", "#", "+", "x", "%"))
