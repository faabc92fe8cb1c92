"""Text that wants to do harm where it is shown: escape sequences, markup, bidi, NUL, very long, not even Unicode."""

import random
import unicodedata

PIECES = (
    *(
        "\x1b[2J",
        "\x1b[31m",
        "\x1b]0;title\x07",
        "\x1b]8;;http://example.org\x1b\\",
        "\x1bP1;2q\x1b\\",
        "\x9b2J",
        "\x1b",
    ),
    *(
        "[/]",
        "[bold]",
        "[/bold]",
        "[red",
        "[@click=app.exit]",
        "[link=x]",
        "\\[",
        "]",
        "[[",
        "{}",
        "{0}",
        "%s",
        "%(x)s",
    ),
    *("\x00", "\x07", "\x08\x08", "\r", "\n", "\t", "\x0b", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff"),
    *("\u202e", "\u2066", "\u200f", "\u200b", "\u00ad", "\ud800", "\udfff", "\U000e0041", "\U0010ffff", "\ue000"),
    *(
        "../../x",
        "/etc/passwd",
        "~",
        "CON",
        "a" * 10_000,
        "é",
        "e\u0301" * 50,
        "汉字" * 20,
        "🙂",
        "👨\u200d👩\u200d👧",
        "",
    ),
    *("'; drop", '"', "`id`", "$(id)", "&&", "-rf", "--help", "<b>", "null", "NaN", "1e999"),
)


def hostile(rng: random.Random) -> str:
    """One such text; it contains no `/` at times, so that it can be part of a path."""
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 7)))


def harm_in(printed: str, allowed: str = "\n") -> list[str]:
    """What in a print-out a terminal could take as an order, or shows as something else."""
    bad = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return sorted(
        {f"U+{ord(char):04X}" for char in printed if unicodedata.category(char) in bad and char not in allowed}
    )
