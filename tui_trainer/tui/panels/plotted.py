"""A panel that shows one plot, drawn when it is given another or has another size, and not more often."""

from typing import TYPE_CHECKING, cast

from rich.style import Style
from textual.geometry import Region
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
        self._background = Style.null()
        self._drawn_for: str | None = None  # the theme that the lines are for; None while they are stale

    def show(self, plot: "Plot | None") -> None:
        """Draw this."""
        self._plot = plot
        self._draw_again()

    def on_resize(self) -> None:
        """The panels take their places at once, with what is drawn already; the plot that fits comes a frame later."""
        self._draw_again()

    def _draw_again(self) -> None:
        """Before the frame that shows it rather than within it: a key that comes between them waits half as long."""
        self._drawn_for = None
        self.call_next(self._make_if_seen)
        self.refresh()

    def _make_if_seen(self) -> None:
        if self.is_on_screen:
            self._make()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the panel."""
        self._make()
        self._background = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the plot, on the panel's background."""
        line = self._lines[y] if y < len(self._lines) else Strip([])
        return line.adjust_cell_length(self.size.width).apply_style(self._background)

    def _make(self) -> None:
        if self._drawn_for != self.app.theme:
            self._lines, self._drawn_for = self._draw(), self.app.theme

    def _draw(self) -> list[Strip]:
        self._picture = None
        if self._plot is None or not self.size:
            return []
        from tui_trainer.tui.plot import picture
        from tui_trainer.tui.themes import palette

        app = cast("TrainerApp", self.app)
        self._picture = picture(self._plot, self.size.width, self.size.height, palette(app.theme), app.marks)
        return [Strip(line.render(app.console)) for line in self._picture.lines]
