"""A panel that is drawn as a block: pictures and words in whatever room there is."""

from typing import TYPE_CHECKING, cast

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui_trainer.tui.blocks import Block
from tui_trainer.tui.pictures import Ink, ink_of

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp


class DrawnPanel(Widget):
    """Asks `drawn` for its block when something changed, and not more often. What is clickable is found by place."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawn: tuple[Size, Ink, Block] | None = None

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """What the panel shows in this room."""
        raise NotImplementedError

    @property
    def trainer_app(self) -> "TrainerApp":
        """The app, as what it is."""
        return cast("TrainerApp", self.app)

    def redraw(self) -> None:
        """Something changed."""
        self._drawn = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the block, on the panel's background."""
        size, ink = self.size, ink_of(self.trainer_app)
        if self._drawn is None or self._drawn[:2] != (size, ink):
            self._drawn = (size, ink, self.drawn(size.width, size.height, ink))
        lines = self._drawn[2].lines
        strip = Strip(lines[y]) if y < len(lines) else Strip([])
        return strip.adjust_cell_length(size.width).apply_style(self.rich_style)
