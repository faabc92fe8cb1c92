"""The signs that the app draws with, in Unicode and in ASCII."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Marks:
    """One sign for each meaning; all of them one column wide."""

    ascii: bool
    dot: str
    left: str
    right: str
    full: str
    empty: str
    times: str
    dash: str
    points: tuple[str, ...]  # of curves, in their order


UNICODE = Marks(False, "●", "‹", "›", "━", "─", "×", "–", ("●", "◆", "▲", "■", "+", "×", "○"))
ASCII = Marks(True, "*", "<", ">", "=", "-", "x", "-", ("*", "o", "^", "#", "+", "x", "%"))
