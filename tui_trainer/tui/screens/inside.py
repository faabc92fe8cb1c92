"""Look inside: what the network of the run has learned, at any of its checkpoints."""

import time
from collections.abc import Iterable
from pathlib import Path

from textual import work
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Static

from tui_trainer.history import Curve
from tui_trainer.looking import Look, Looker, Saved, first_weights
from tui_trainer.text import printable
from tui_trainer.tui.commands import Command, bindings
from tui_trainer.tui.panels.confusion import ConfusionPanel
from tui_trainer.tui.panels.gallery import Digits, GalleryPanel
from tui_trainer.tui.panels.layers import LayersPanel
from tui_trainer.tui.panels.scrubber import Scrubber
from tui_trainer.tui.panels.views import VIEWS, ViewBar
from tui_trainer.tui.panels.weights import WeightsPanel
from tui_trainer.tui.screens.base import BenchScreen

PANELS = {
    "weights": "#weights",
    "confusion": "#confusion",
    "mistakes": "#gallery",
    "cell": "#gallery",
    "layers": "#layers",
}
SECONDS_BETWEEN = 1.0  # two looks at a run that trains
SHARE = 4  # and at least so many times as long as the last one took: looking must not slow the training


class InsideScreen(BenchScreen):
    """Weights, confusions, mistakes, layers; a scrubber over the checkpoints."""

    NAME = "Inside"
    KEYS = (
        *(
            Command(key, f"view('{name}')", words, f"Show the {name}.", footer=False)
            for name, (key, words) in VIEWS.items()
        ),
        Command("comma", "scrub(-1)", "Earlier", "Look at the checkpoint before this one.", shown=","),
        Command(
            "full_stop",
            "scrub(1)",
            "Later",
            "Look at the next checkpoint; behind the last one, follow the run.",
            shown=".",
        ),
        Command("z", "zoom", "Size", "All on a page, or full size; one digit, or many."),
        Command("s", "shares", "Counts/shares", "The confusion matrix as counts, or as shares of each label."),
        Command("escape", "back", "Back", "From the digits of a cell back to the confusion matrix.", shown="Esc"),
    )
    BINDINGS = bindings(KEYS)
    CSS = """
    #scrubber { height: 4; margin-top: 1; }
    InsideScreen.-medium #scrubber { height: 3; margin-top: 0; }
    InsideScreen.-small #scrubber { height: 2; margin-top: 0; }
    #views { height: 1; }
    #inside { height: 1fr; }
    #inside > * { height: 1fr; width: 1fr; display: none; }
    #why { padding: 1 2; color: $quiet; }
    InsideScreen.-nothing #scrubber, InsideScreen.-nothing #views { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.view = "weights"
        self.look: Look | None = None
        self._looker: Looker | None = None
        self._directory: Path | None = None  # of the run whose checkpoints are listed
        self._saved: list[Saved] = []
        self._wanted: str | None = None  # the checkpoint that was chosen; None follows the newest
        self._busy = False
        self._again = False
        self._looked_at = self._took = 0.0
        self._cell: tuple[int, int] = (0, 0)

    def body(self) -> Iterable[Widget]:
        """Scrubber, views, the panel that is seen."""
        yield Scrubber()
        yield ViewBar()
        panels = (WeightsPanel(), ConfusionPanel(), GalleryPanel(), LayersPanel())
        yield Container(*panels, Static("", id="why", markup=False), id="inside")

    def on_mount(self) -> None:
        """Begin with the weights."""
        super().on_mount()
        self._arrange()
        self.show_run()

    # -- looking -------------------------------------------------------------

    def show_run(self) -> None:
        """Another run, or a new checkpoint: look at it soon."""
        if self.bench.directory != self._directory:
            self._directory, self._looker, self.look = self.bench.directory, None, None
            self._saved, self._wanted = [], None
            self._looked_at = 0.0
        self._look_soon()

    def tick(self) -> None:
        """What waited for its second."""
        if self._again:
            self._look_soon()

    def _look_soon(self) -> None:
        if self._directory is None:
            self._show_why("No run is looked at: start one on the first screen, or open one that is there.")
            return
        between = max(SECONDS_BETWEEN, SHARE * self._took)
        waited = self.bench.clock() - self._looked_at >= between or self._wanted is not None
        self._again = self._busy or not waited
        if not self._again:
            self._busy, self._looked_at = True, self.bench.clock()
            self._look(self._directory, self._looker, self._wanted, self.look)

    @work(thread=True, group="look")
    def _look(self, directory: Path, looker: Looker | None, wanted: str | None, before: Look | None) -> None:
        begun = time.perf_counter()
        try:
            looker = looker or Looker(directory)
            saved = looker.saved()
            chosen = next((s for s in saved if s.name == wanted), saved[-1] if saved else None)
            look = before if chosen is None or (before and before.saved == chosen) else looker.look(chosen)
            self._took = time.perf_counter() - begun
            self.app.call_from_thread(self._looked, directory, looker, saved, look, "")
        except (ValueError, OSError) as error:
            self.app.call_from_thread(self._looked, directory, looker, [], None, str(error))

    def _looked(self, directory: Path, looker: Looker | None, saved: list[Saved], look: Look | None, why: str) -> None:
        self._busy = False
        if directory != self._directory:
            self._look_soon()
            return
        changed = look is not self.look
        self._looker, self._saved, self.look = looker, saved, look
        if look is None:
            self._show_why(printable(why) or "Nothing is saved yet: the first checkpoint comes before the first step.")
            return
        self.set_class(False, "-nothing")
        self._show_scrubber()
        if changed:
            self._show_look()
        self._arrange()

    def _show_why(self, why: str) -> None:
        self.set_class(True, "-nothing")
        self.query_one("#why", Static).update(why)
        self._arrange()

    # -- showing -------------------------------------------------------------

    def _show_scrubber(self) -> None:
        history, look = self.history, self.look
        if look is None:
            return
        place = next((i for i, saved in enumerate(self._saved) if saved == look.saved), len(self._saved) - 1)
        curve = history.curves["validation_error"] if history else Curve()
        last = max(history.position if history else 1.0, self._saved[-1].epoch if self._saved else 1.0)
        many = f"checkpoint {place + 1} of {len(self._saved)}" if len(self._saved) > 1 else "the only checkpoint"
        newest = "" if place + 1 == len(self._saved) else f" of {last:.4g}"
        head = f"epoch {look.saved.epoch:.4g}{newest}   validation error {look.error:.2%}   {many}"
        self.query_one(Scrubber).show(self._saved, place, curve, last, head)

    def _show_look(self) -> None:
        look, looker = self.look, self._looker
        if look is None or looker is None:
            return
        self.query_one(WeightsPanel).show(first_weights(looker.plan, look.weights))
        self.query_one(ConfusionPanel).show(look.confusion)
        self.query_one(LayersPanel).show(look.layers)
        self._show_digits(keep=True)

    def _show_digits(self, keep: bool = False) -> None:
        look, looker = self.look, self._looker
        if look is None or looker is None:
            return
        if self.view == "cell":
            label, prediction = self._cell
            chosen = look.cell(label, prediction)
            title = f"{len(chosen):,} examples of {label}, predicted as {prediction}, the surest first"
        else:
            chosen = look.mistakes
            title = f"{len(chosen):,} mistakes among {len(look.labels):,} validation examples, the surest first"
        digits = Digits(looker.inputs[chosen], look.labels[chosen], look.certainties[chosen], chosen, title)
        self.query_one(GalleryPanel).show(digits, keep)

    def _arrange(self) -> None:
        shown = "#why" if self.has_class("-nothing") else PANELS[self.view]
        for panel in self.query_one("#inside").children:
            panel.display = f"#{panel.id}" == shown
        if self.app.screen is self:
            self.set_focus(None if shown == "#why" else self.query_one(shown))
        self.query_one(ViewBar).show(self.view)
        self.refresh_bindings()

    # -- what a user can do --------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What there is in this view."""
        there = not self.has_class("-nothing")
        offers = {
            "view": there,
            "scrub": there and len(self._saved) > 1,
            "zoom": there and self.view not in ("confusion", "layers"),
            "shares": there and self.view == "confusion",
            "back": there and self.view == "cell",
        }
        return offers.get(action, True)

    def action_view(self, view: str) -> None:
        """Show another view."""
        self.view = view
        if view == "mistakes":
            self.query_one(GalleryPanel).many = False
            self._show_digits()
        self._arrange()

    def action_scrub(self, by: int) -> None:
        """To another checkpoint."""
        if self.look is not None and self._saved:
            names = [saved.name for saved in self._saved]
            here = names.index(self.look.saved.name) if self.look.saved.name in names else len(names) - 1
            self._choose(here + by)

    def _choose(self, index: int) -> None:
        index = max(0, min(len(self._saved) - 1, index))
        self._wanted = None if index == len(self._saved) - 1 else self._saved[index].name
        self._looked_at = 0.0
        self._look_soon()

    def on_scrubber_chosen(self, event: Scrubber.Chosen) -> None:
        """A click on the scrubber."""
        self._choose(event.index)

    def action_zoom(self) -> None:
        """Another size."""
        panel = self.query_one(WeightsPanel) if self.view == "weights" else self.query_one(GalleryPanel)
        panel.zoom()

    def action_shares(self) -> None:
        """Counts or shares."""
        self.query_one(ConfusionPanel).turn_shares()

    def on_confusion_panel_opened(self, event: ConfusionPanel.Opened) -> None:
        """The digits of a cell, many at once."""
        self._cell, self.view = (event.label, event.prediction), "cell"
        self.query_one(GalleryPanel).many = True
        self._show_digits()
        self._arrange()

    def action_back(self) -> None:
        """Back to the matrix."""
        self.action_view("confusion")


SCREEN = InsideScreen
