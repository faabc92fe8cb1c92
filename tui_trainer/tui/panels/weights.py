"""The first layer's weights as pictures, a page at a time, one diverging scale for all."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding

from tui_trainer.drawing import resampled
from tui_trainer.looking import Pictures
from tui_trainer.tui.blocks import Block, beside, block, grid, indented, stack, words
from tui_trainer.tui.panels.drawn import DrawnPanel
from tui_trainer.tui.pictures import Ink, picture, scale_line

GAP = 2
SMALLEST, LARGEST = 14, 28  # pixels along the longer side: what is still readable, and what is plenty for a filter


@dataclass(frozen=True)
class Page:
    """How pictures are laid out: each `rows` × `columns` pixels, `across` × `down` of them on a page."""

    rows: int
    columns: int
    across: int
    down: int

    @property
    def holds(self) -> int:
        """Pictures on a page."""
        return self.across * self.down


def lay_out(count: int, shape: tuple[int, int], width: int, height: int, full: bool) -> Page:
    """The largest pictures of which all fit on a page, or at full size; pages where they would be too small."""
    longest = max(shape)
    natural = longest * max(1, LARGEST // longest)
    best = _page(shape, natural if full else min(natural, SMALLEST), width, height)
    for size in range(natural, min(natural, SMALLEST) - 1, -1):
        page = _page(shape, size, width, height)
        if page.holds >= count and not full:
            return _evened(page, count)
    return best


def _page(shape: tuple[int, int], size: int, width: int, height: int) -> Page:
    factor = size / max(shape)
    rows, columns = max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))
    across = max(1, (width + GAP) // (columns + GAP))
    return Page(rows, columns, across, max(1, height // (-(-rows // 2) + 1)))


def _evened(page: Page, count: int) -> Page:
    """Rows of equal length where they fill the page as well: ten as five and five."""
    down = -(-count // page.across)
    return Page(page.rows, page.columns, -(-count // down), down)


class WeightsPanel(DrawnPanel, can_focus=True):
    """What the first layer looks for."""

    BINDINGS: ClassVar = [
        Binding("left,pageup", "page(-1)", show=False),
        Binding("right,pagedown", "page(1)", show=False),
    ]
    hint = "warm: ink there adds to the sum; cold: it takes from it  (z: full size)"

    def __init__(self) -> None:
        super().__init__(id="weights")
        self.pictures: Pictures | str = ""
        self.full = False
        self.page = 0
        self.pages = 1

    def show(self, pictures: Pictures | str) -> None:
        """Draw these, or the sentence that says why there are none."""
        self.pictures = pictures
        self.redraw()

    def zoom(self) -> None:
        """All on a page, or each at full size."""
        self.full, self.page = not self.full, 0
        self.redraw()

    def action_page(self, by: int) -> None:
        """The page before or after."""
        self.page = max(0, min(self.pages - 1, self.page + by))
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next page."""
        self.action_page(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The page before."""
        self.action_page(-1)

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """The head with the scale, then the page."""
        if isinstance(self.pictures, str):
            return words(f" {self.pictures}", ink.style("quiet"))
        shown, room = self.pictures, height - 1
        shape = shown.images.shape[1:]
        page = lay_out(len(shown.images), (shape[0], shape[1]), width - 2, room, self.full)
        self.pages = -(-len(shown.images) // page.holds)
        self.page = min(self.page, self.pages - 1)
        first = self.page * page.holds
        chosen = range(first, min(first + page.holds, len(shown.images)))
        parts = [self._one(index, page, ink) for index in chosen]
        return stack([self._head(shown, page, width, ink), indented(grid(parts, page.across, GAP))])

    def _head(self, shown: Pictures, page: Page, width: int, ink: Ink) -> Block:
        scale = block([scale_line(shown.scale, ink)])
        quiet = ink.style("quiet")
        pages = f"  page {self.page + 1} of {self.pages}" if self.pages > 1 else ""
        smaller = "" if page.rows >= shown.images.shape[1] else f", drawn {page.rows}×{page.columns}"
        room = max(0, width - scale.width - len(pages) - 4)
        texts = (shown.words + smaller, shown.words, shown.words.partition(",")[0], shown.words.partition(":")[0])
        text = next((text for text in texts if len(text) < room), "")
        return beside([words(f" {text}", quiet, room), words(pages, quiet), scale], gap=1)

    def _one(self, index: int, page: Page, ink: Ink) -> Block:
        assert isinstance(self.pictures, Pictures)
        image = self.pictures.images[index] / self.pictures.scale
        lines = picture(resampled(image, page.rows, page.columns), ink, signed=True)
        name = words(self.pictures.names[index], ink.style("text", bold=True))
        return stack([name, block(lines, page.columns)])
