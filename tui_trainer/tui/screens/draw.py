"""Draw: a digit of your own, and what the network of the run makes of it while you draw."""

from collections.abc import Iterable
from pathlib import Path

from textual import work
from textual.containers import Horizontal
from textual.widget import Widget

from engines.interface import Array
from tui_trainer.drawing import as_mnist, load_png
from tui_trainer.looking import Looker
from tui_trainer.store import RunDirectory, list_runs
from tui_trainer.text import printable, typed_path
from tui_trainer.tui.commands import Command, bindings
from tui_trainer.tui.panels.answer import Answer, AnswerPanel
from tui_trainer.tui.panels.canvas import Canvas
from tui_trainer.tui.panels.pick import Option, PickOne
from tui_trainer.tui.screens.ask import AskText
from tui_trainer.tui.screens.base import BenchScreen

SECONDS_BETWEEN = 1.0  # two looks for a newer checkpoint
NOBODY = "only the run that is looked at"


class DrawScreen(BenchScreen):
    """The paper on the left, the answers on the right."""

    NAME = "Draw"
    KEYS = (
        Command("space", "pen", "Pen", "Put the pen down, or lift it; while it is down, the arrows draw."),
        Command("u,backspace", "undo", "Undo", "Take the last stroke back."),
        Command("c,delete", "clear", "Clear", "Begin with a new paper."),
        Command("plus,equals_sign", "width(1)", "Thicker", "A thicker pen for the next strokes.", shown="+"),
        Command("minus", "width(-1)", "Thinner", "A thinner pen for the next strokes.", shown="-"),
        Command("o", "open_png", "Open PNG", "Put a digit from a PNG file on the paper."),
        Command("v", "compare", "Compare", "Ask a second run for its answer too."),
    )
    BINDINGS = bindings(KEYS)
    CSS = """
    #drawing { height: 1fr; }
    #canvas { height: 1fr; width: 1fr; margin: 0 0 0 1; }
    #answer { width: 48; height: 1fr; margin: 0 1 0 2; }
    DrawScreen.-medium #answer { width: 36; }
    DrawScreen.-small #answer { width: 22; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.other: Path | None = None  # the run that is compared
        self._lookers: dict[Path, Looker] = {}
        self._names: dict[Path, str] = {}  # the checkpoint that each looker holds
        self._busy = self._again = self._stale = False
        self._checked_at = 0.0

    def body(self) -> Iterable[Widget]:
        """Paper and answers."""
        yield Horizontal(Canvas(), AnswerPanel(), id="drawing")

    def on_mount(self) -> None:
        """Begin with the pen in hand."""
        super().on_mount()
        self.query_one(Canvas).focus()
        self._ask()

    # -- asking --------------------------------------------------------------

    def show_run(self) -> None:
        """Another run, or perhaps a newer checkpoint: ask anew with a tick to come."""
        self._stale = True

    def tick(self) -> None:
        """Ask where there may be something newer, at most once a second."""
        if self._stale and self.bench.clock() - self._checked_at >= SECONDS_BETWEEN:
            self._stale = False
            self._checked_at = self.bench.clock()
            self._ask()

    def on_canvas_drawn(self) -> None:
        """Other ink."""
        self._ask()

    def _ask(self) -> None:
        self._again = self._busy
        if not self._busy:
            self._busy = True
            paper = self.query_one(Canvas).paper
            self._answer([path for path in (self.bench.directory, self.other) if path], paper.ink.copy())

    @work(thread=True, group="answer")
    def _answer(self, paths: list[Path], ink: Array) -> None:
        answers = tuple(self._answer_of(path, ink) for path in paths)
        shape = next((self._lookers[path].shape for path in paths if path in self._lookers), (28, 28))
        self.app.call_from_thread(self._answered, answers, as_mnist(ink, shape), not ink.any())

    def _answer_of(self, path: Path, ink: Array) -> Answer:
        """One run's answer, from its newest checkpoint; only the worker's thread comes here."""
        try:
            looker = self._lookers.get(path) or Looker(path)
            self._lookers[path] = looker
            saved = looker.saved()
            if not saved:
                return Answer(path.name, why="nothing is saved yet")
            if self._names.get(path) != saved[-1].name:
                looker.load(saved[-1].name)
                self._names[path] = saved[-1].name
            name = f"{RunDirectory(path).title() or looker.config.network}, epoch {saved[-1].epoch:.4g}"
            return Answer(name, looker.certainties(as_mnist(ink, looker.shape)[None])[0])
        except (ValueError, OSError) as error:
            return Answer(path.name, why=printable(error))

    def _answered(self, answers: tuple[Answer, ...], seen: Array, blank: bool) -> None:
        self._busy = False
        nobody = (Answer("no run is looked at", why="train one first: 1"),)
        self.query_one(AnswerPanel).show(answers or nobody, seen, blank)
        if self._again:
            self._ask()

    # -- what a user can do --------------------------------------------------

    def action_pen(self) -> None:
        """Put the pen down, or lift it."""
        canvas = self.query_one(Canvas)
        canvas.focus()
        canvas.action_pen()

    def action_undo(self) -> None:
        """Take a stroke back."""
        canvas = self.query_one(Canvas)
        canvas.lift()
        canvas.paper.undo()
        canvas.changed()

    def action_clear(self) -> None:
        """A new paper."""
        canvas = self.query_one(Canvas)
        canvas.lift()
        canvas.paper.clear()
        canvas.changed()

    def action_width(self, by: int) -> None:
        """Another pen."""
        canvas = self.query_one(Canvas)
        canvas.change_width(by)
        self.notify(f"pen: {canvas.width:.1%} of the paper", timeout=1.5)

    def action_open_png(self) -> None:
        """Ask for the file."""
        self.app.push_screen(
            AskText("Open a PNG file", "its path; one digit, dark on light or light on dark"), self._open
        )

    def _open(self, path: str | None) -> None:
        if not path:
            return
        try:
            image = load_png(typed_path(path))
        except ValueError as error:
            self.notify(printable(error), severity="error", markup=False, timeout=10)
            return
        canvas = self.query_one(Canvas)
        canvas.lift()
        canvas.paper.put(image)
        canvas.changed()

    def action_compare(self) -> None:
        """Choose a second run."""
        runs = [run for run in list_runs(self.bench.runs) if run.path != self.bench.directory][:50]
        options = [Option(NOBODY), *(Option(run.id, _words(run)) for run in runs)]
        self.app.push_screen(PickOne("Compare with", options, self.other.name if self.other else NOBODY), self._compare)

    def _compare(self, name: str | None) -> None:
        if name is not None:
            self.other = None if name == NOBODY else self.bench.runs / name
            self._ask()


def _words(run: RunDirectory) -> str:
    try:
        config = run.config()
    except ValueError as error:
        return printable(error)
    return f"{run.title() or config.network}, {config.engine}, {config.optimizer}"


SCREEN = DrawScreen
