"""The themes: dark, light, one for colour-blind eyes, one without colour; and the colours of curves in each."""

from dataclasses import dataclass

from textual.theme import Theme


@dataclass(frozen=True)
class Palette:
    """The colours of a plot: one per series in their order, and those of axes and of quiet things."""

    series: tuple[str, ...]
    axis: str
    faint: str


_OKABE_ITO = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#0072b2")

PALETTES: dict[str, Palette] = {
    "dark": Palette(
        ("#5fb0f0", "#f2a65a", "#7ccf8a", "#d98be0", "#e6d36a", "#e8737a", "#62d0cf"), "#6b7688", "#454f60"
    ),
    "light": Palette(
        ("#1f6fb8", "#b85c00", "#2c7d3b", "#8b3a9c", "#7a6a00", "#b3261e", "#00706f"), "#77808c", "#b9bfc7"
    ),
    "colour-blind": Palette(_OKABE_ITO, "#7a7a7a", "#4a4a4a"),
    "plain": Palette(("",) * 7, "", ""),
}

_TERMINAL_OWN = "ansi_default"  # whatever the terminal shows: no colour is sent
_VARIABLES = (
    "quiet",
    "line",
    "footer-key-foreground",
    "ansi-background",
    "ansi-foreground",
    "border-blurred",
    "block-cursor-foreground",
    "block-cursor-background",
    "input-cursor-background",
    "input-cursor-foreground",
    "input-selection-background",
    "input-selection-foreground",
    "screen-selection-background",
    "screen-selection-foreground",
)

THEMES: tuple[Theme, ...] = (
    Theme(
        name="dark",
        primary="#5fb0f0",
        secondary="#8fa3bf",
        accent="#f2a65a",
        success="#7ccf8a",
        warning="#e6c15a",
        error="#f0747c",
        foreground="#d6dde8",
        background="#12161d",
        surface="#181d26",
        panel="#222a36",
        dark=True,
        variables={"quiet": "#7d899b", "line": "#2d3645", "footer-key-foreground": "#5fb0f0"},
    ),
    Theme(
        name="light",
        primary="#1f6fb8",
        secondary="#556070",
        accent="#b85c00",
        success="#2c7d3b",
        warning="#8a6400",
        error="#b3261e",
        foreground="#1d2530",
        background="#fbfbf9",
        surface="#f3f3ef",
        panel="#e6e7e2",
        dark=False,
        variables={"quiet": "#6a7380", "line": "#cfd3d6", "footer-key-foreground": "#1f6fb8"},
    ),
    Theme(
        name="colour-blind",
        primary="#56b4e9",
        secondary="#a0a0a0",
        accent="#e69f00",
        success="#56b4e9",
        warning="#f0e442",
        error="#e69f00",
        foreground="#e4e4e4",
        background="#101010",
        surface="#181818",
        panel="#262626",
        dark=True,
        variables={"quiet": "#909090", "line": "#3a3a3a", "footer-key-foreground": "#56b4e9"},
    ),
    Theme(
        name="plain",
        primary=_TERMINAL_OWN,
        secondary=_TERMINAL_OWN,
        accent=_TERMINAL_OWN,
        success=_TERMINAL_OWN,
        warning=_TERMINAL_OWN,
        error=_TERMINAL_OWN,
        foreground=_TERMINAL_OWN,
        background=_TERMINAL_OWN,
        surface=_TERMINAL_OWN,
        panel=_TERMINAL_OWN,
        dark=True,
        ansi=True,
        variables={
            **dict.fromkeys(_VARIABLES, _TERMINAL_OWN),
            "input-cursor-text-style": "reverse",
            "block-cursor-text-style": "bold underline",
        },
    ),
)

NAMES: tuple[str, ...] = tuple(theme.name for theme in THEMES)


def palette(theme: str) -> Palette:
    """The colours of plots under a theme."""
    return PALETTES.get(theme, PALETTES["dark"])
