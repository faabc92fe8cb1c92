"""The frame that every screen shares: tabs on top, one line about the focused control and the keys at the bottom."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui_trainer.tui.bench import Bench
from tui_trainer.tui.commands import Command
from tui_trainer.tui.panels.frame import HintLine, KeyBar, TabBar

if TYPE_CHECKING:
    from tui_trainer.history import History
    from tui_trainer.tui.app import TrainerApp

# (name of the class set on the screen, smallest columns, smallest rows), largest first
SIZES = (("-large", 120, 35), ("-medium", 80, 24), ("-small", 40, 12))

SIZE_CLASSES = (*(name for name, _, _ in SIZES), "-tiny")


def size_class(width: int, height: int) -> str:
    """Which layout fits: -large, -medium, -small, or -tiny, which only says that the window is too small."""
    return next((name for name, columns, rows in SIZES if width >= columns and height >= rows), "-tiny")


class BenchScreen(Screen[None]):
    """A full page. A subclass gives `NAME`, `body`, `show_run`, and `KEYS` with `BINDINGS = bindings(KEYS)`.

    What has a `hint` attribute shows it in one line at the bottom while it has the focus.
    """

    NAME: ClassVar[str] = ""
    KEYS: ClassVar[tuple[Command, ...]] = ()
    AUTO_FOCUS = ""

    @property
    def bench(self) -> Bench:
        """The state that screens share."""
        return self.bench_app.bench

    @property
    def bench_app(self) -> "TrainerApp":
        """The app, as what it is."""
        return cast("TrainerApp", self.app)

    @property
    def history(self) -> "History | None":
        """The run that is looked at."""
        return self.bench.history

    @property
    def size_class(self) -> str:
        """The layout that fits the terminal."""
        return size_class(self.app.size.width, self.app.size.height)

    def wear(self, classes: Mapping[str, bool]) -> None:
        """Add and take away classes of the screen all at once: each change styles everything that is on it anew."""
        wanted = {name for name, on in classes.items() if on}
        changed = (set(self.classes) - set(classes)) | wanted
        if changed != set(self.classes):
            self.set_classes(changed)

    def body(self) -> Iterable[Widget]:
        """What stands between the tabs and the bottom lines."""
        return ()

    def show_run(self) -> None:
        """The run said something, another one is looked at, or this screen came to the front: draw it."""

    def tick(self) -> None:
        """Called ten times a second while seen, for what moves by the clock alone."""

    def resized(self, size: str) -> None:
        """The layout that fits has changed."""

    def compose(self) -> ComposeResult:
        """Tabs, body, bottom lines; the layout that fits is chosen before there is anything to style."""
        self.wear({name: name == self.size_class for name in SIZE_CLASSES})
        yield TabBar()
        yield from self.body()
        yield HintLine()
        yield KeyBar()
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Follow the focus with the hint line."""
        self.watch(self, "focused", self._show_hint, init=False)
        self.bindings_updated_signal.subscribe(self, lambda _: self.query_one(KeyBar).refresh())

    def _show_hint(self, focused: Widget | None) -> None:
        self.query_one(HintLine).show(focused)

    def hint_changed(self) -> None:
        """The focused control means something else now."""
        self._show_hint(self.focused)

    def on_screen_resume(self) -> None:
        """Draw what happened while another screen was seen."""
        self.show_run()
        self.query_one(TabBar).follow()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout that fits."""
        size = self.size_class
        if not self.has_class(size):
            self.wear({name: name == size for name in SIZE_CLASSES})
            self.resized(size)
        if size == "-tiny":
            words = f"This window is {event.size.width}×{event.size.height}: tui-trainer wants at least 40×12."
            self.query_one("#too-small", Static).update(words)
