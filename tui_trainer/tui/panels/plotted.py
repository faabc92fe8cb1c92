"""A panel that shows one plot, drawn when it is given another or has another size, and not more often."""

from typing import TYPE_CHECKING, cast

from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp
    from tui_trainer.tui.plot import Picture, Plot


class PlotPanel(Widget):
    """One plot, in the colours of the theme."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._plot: Plot | None = None
        self._picture: Picture | None = None
        self._lines: list[Strip] = []
        self._drawn_for: object = None  # the size and theme that the lines are for

    def show(self, plot: "Plot | None") -> None:
        """Draw this."""
        self._plot, self._drawn_for = plot, None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the plot, on the panel's background."""
        drawn_for = (self.size, self.app.theme)
        if self._drawn_for != drawn_for:
            self._lines, self._drawn_for = self._draw(), drawn_for
        line = self._lines[y] if y < len(self._lines) else Strip([])
        return line.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _draw(self) -> list[Strip]:
        self._picture = None
        if self._plot is None or not self.size:
            return []
        from tui_trainer.tui.plot import picture
        from tui_trainer.tui.themes import palette

        app = cast("TrainerApp", self.app)
        self._picture = picture(self._plot, self.size.width, self.size.height, palette(app.theme), app.marks)
        return [Strip(line.render(app.console)) for line in self._picture.text.split("\n")]
