"""The layers in numbers: how outputs, weights and gradients are spread, how far weights moved, which units are dead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding

from tui_trainer.tui.blocks import Block, block
from tui_trainer.tui.panels.drawn import DrawnPanel
from tui_trainer.tui.pictures import Ink, Line

_EIGHTHS, _ASCII_EIGHTHS = " ▁▂▃▄▅▆▇█", " .,:;-=#@"
_COLUMNS = (11, 10, 14, 20)  # layer, what, spread, range
_NARROW = 96  # columns, below which a range gives way to words
Row = tuple[str, str, Mapping[str, Any], str, bool]  # layer, what, distribution, words, whether something is wrong


class LayersPanel(DrawnPanel, can_focus=True):
    """A table that scrolls."""

    BINDINGS: ClassVar = [
        Binding("up", "scroll_by(-1)", show=False),
        Binding("down", "scroll_by(1)", show=False),
        Binding("pageup", "scroll_by(-10)", show=False),
        Binding("pagedown", "scroll_by(10)", show=False),
    ]
    hint = "moved: how far the weights went in the epoch, as a share of their size"

    def __init__(self) -> None:
        super().__init__(id="layers")
        self.measured: Sequence[Mapping[str, Any]] = ()
        self._first = 0
        self._most = 0

    def show(self, layers: Sequence[Mapping[str, Any]]) -> None:
        """Draw these."""
        self.measured = layers
        self.redraw()

    def action_scroll_by(self, by: int) -> None:
        """Up or down."""
        self._first = max(0, min(self._most, self._first + by))
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Down."""
        self.action_scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Up."""
        self.action_scroll_by(-3)

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """A head, and as many rows as fit."""
        heads = ("layer", "", "spread", "range" if width >= _NARROW else "")
        head = "".join(text.ljust(room) for text, room in zip(heads, _COLUMNS, strict=False))
        rows = [_line(row, width, ink) for row in table(self.measured)]
        self._most = max(0, len(rows) - (height - 1))
        self._first = min(self._first, self._most)
        shown = rows[self._first : self._first + height - 1]
        return block([[Segment(f" {head}", ink.style("quiet"))], *shown], width)


def table(layers: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """The rows: outputs of each layer, and under them its weights and gradients."""
    for layer in layers:
        words, wrong = _activity(layer)
        yield str(layer["layer"]), "outputs", layer, words, wrong
        for name, parameter in layer.get("parameters", {}).items():
            yield "", name, parameter, _moved(parameter), "nonfinite" in parameter
            gradient = parameter["gradient"]
            size = f"size {gradient['norm']:.2g}" if "norm" in gradient else ""
            yield "", " gradient", gradient, size, "nonfinite" in gradient


def _activity(layer: Mapping[str, Any]) -> tuple[str, bool]:
    if "saturated" in layer:
        return f"{layer['saturated']:.1%} saturated", layer["saturated"] > 0.5
    if "dead_count" not in layer:
        return "", "nonfinite" in layer
    dead = int(layer["dead_count"])
    names = ", ".join(map(str, layer["dead"])) + ("…" if dead > len(layer["dead"]) else "")
    words = f"dead {dead} of {layer['units']}{f': {names}' if dead and len(names) < 30 else ''}"
    return f"{words}, {layer['zero']:.0%} zero", dead > 0


def _moved(parameter: Mapping[str, Any]) -> str:
    size = f"size {parameter['norm']:.3g}" if "norm" in parameter else ""
    if "change" not in parameter:
        return size
    still = int(parameter.get("still_count", 0))
    return f"moved {parameter['change']:.2%}" + (f" ({still} units not at all)" if still else "") + f", {size}"


def _line(row: Row, width: int, ink: Ink) -> Line:
    layer, what, numbers, words, wrong = row
    quiet = ink.style("quiet")
    line = [Segment(f" {layer:<11}", ink.style("text", bold=True)), Segment(f"{what:<10}", quiet)]
    if "nonfinite" in numbers:
        return [*line, Segment(f"{numbers['nonfinite']} not finite", ink.style("bad"))]
    spread = ink.style("bad" if wrong else "primary" if layer else "quiet" if what == " gradient" else "text")
    line.append(Segment(f"{bars_of(numbers['histogram'], ink.ascii):<14}", spread))
    reach = f"{numbers['min']:.3g} to {numbers['max']:.3g}"
    if width >= _NARROW or not words:
        line.append(Segment(reach.ljust(_COLUMNS[3]), quiet))
    room = max(0, width - 1 - sum(len(segment.text) for segment in line))
    return [*line, Segment(words[:room], ink.style("bad" if wrong else "text"))]


def bars_of(histogram: Sequence[int], ascii: bool) -> str:
    """A histogram in a line: the root of each count, so that what is rare is still seen."""
    signs, most = (_ASCII_EIGHTHS if ascii else _EIGHTHS), max(histogram, default=0) or 1
    return "".join(signs[0] if not count else signs[max(1, round((count / most) ** 0.5 * 8))] for count in histogram)
