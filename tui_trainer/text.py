"""Text from elsewhere: made safe to show, as titles and reasons can carry anything, or read as the path that it is."""

import os
import unicodedata
from pathlib import Path

LONGEST = 500
_ESCAPED = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # controls, bidi and zero-width marks, surrogates, line separators


def printable(text: object, longest: int = LONGEST) -> str:
    """One line of visible characters: controls and bidi marks are written as escapes, what is very long is cut."""
    text = str(text)
    cut = text if len(text) <= longest else text[: max(0, longest - 1)] + "…"
    return "".join(map(_visible, cut))


def typed_path(text: str) -> Path:
    """The absolute path that a person types: `~` is the home directory; that of somebody unknown stays as it is."""
    return Path(os.path.expanduser(text)).absolute()  # noqa: PTH111 - never raises


def _visible(char: str) -> str:
    if unicodedata.category(char) not in _ESCAPED:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
