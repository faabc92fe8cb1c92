"""One plot of curves with a cursor: the mouse points, zooms and pulls in it."""

from textual import events
from textual.message import Message

from tui_trainer.tui.panels.plotted import PlotPanel


class CurvePlot(PlotPanel, can_focus=True):
    """Shows the plot that it is given; says what the mouse wants."""

    WORDS = "curves: ← → or a click put the cursor, + - or the wheel zoom, < > move"

    class Pointed(Message):
        """A click at this x."""

        def __init__(self, x: float) -> None:
            super().__init__()
            self.x = x

    class Zoomed(Message):
        """The wheel was turned over this x."""

        def __init__(self, x: float, factor: float) -> None:
            super().__init__()
            self.x, self.factor = x, factor

    class Pulled(Message):
        """The canvas was pulled by a share of its width, to the right if above 0."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self._pulled_from: int | None = None  # the column where a button went down
        self._pulled = False
        self.told: list[str] = []  # what happened where the cursor stands

    @property
    def hint(self) -> str:
        """What happened at the cursor in full, or how to move it."""
        return " · ".join(self.told) or self.WORDS

    def _x(self, column: int) -> float | None:
        picture = self._picture
        if picture is None or not 0 <= column - picture.left < picture.columns:
            return None
        return picture.x_at(column)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click, or the begin of a pull."""
        if event.button == 1 and self._x(event.x) is not None:
            self._pulled_from, self._pulled = event.x, False
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pull what is seen along."""
        if self._pulled_from is None or self._picture is None or event.x == self._pulled_from:
            return
        share = (event.x - self._pulled_from) / max(1, self._picture.columns - 1)
        self._pulled_from, self._pulled = event.x, True
        self.post_message(self.Pulled(share))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Put the cursor here, unless this was a pull."""
        if self._pulled_from is None:
            return
        self.release_mouse()
        x = self._x(event.x)
        if not self._pulled and x is not None:
            self.post_message(self.Pointed(x))
        self._pulled_from = None

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer; with Shift, to the left."""
        self._wheel(event, 1.25, 0.1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Farther; with Shift, to the right."""
        self._wheel(event, 0.8, -0.1)

    def _wheel(self, event: events.MouseEvent, factor: float, share: float) -> None:
        event.stop()
        x = self._x(event.x)
        if event.shift:
            self.post_message(self.Pulled(share))
        elif x is not None:
            self.post_message(self.Zoomed(x, factor))
