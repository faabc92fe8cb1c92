"""Duel: the settings of the Train screen on both engines at once, from the same weights, on the same batches."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui_trainer.duel.round import Round
from tui_trainer.tui.commands import Command, bindings
from tui_trainer.tui.duels import DuelProcess
from tui_trainer.tui.panels.duelling import DuelState, DuelView
from tui_trainer.tui.panels.ready import facts
from tui_trainer.tui.screens.base import BenchScreen


class DuelScreen(BenchScreen):
    """Starts a duel and watches it; it ends with the app."""

    NAME = "Duel"
    KEYS = (
        Command("s", "fight", "Start", "Train these settings on both engines, side by side."),
        Command("x", "stop", "Stop", "End the duel; what it showed stays."),
    )
    BINDINGS = bindings(KEYS)
    CSS = """
    #duel-words { height: auto; padding: 0 1; }
    DuelScreen.-large #duel-words { padding: 1 1; }
    DuelView { height: 1fr; padding: 0 1; }
    #duel-plots { height: 1fr; layout: vertical; }
    DuelScreen.-medium #duel-plots { layout: horizontal; }
    DuelScreen.-medium #duel-difference { margin-left: 2; }
    DuelScreen.-large #duel-difference { margin-top: 1; }
    DuelScreen.-small #duel-difference { display: none; }
    #duel-figures { height: 5; margin-top: 1; }
    DuelScreen.-medium #duel-figures, DuelScreen.-small #duel-figures { margin-top: 0; }
    """
    process: DuelProcess | None = None

    def __init__(self) -> None:
        super().__init__()
        self.state = DuelState()

    def body(self) -> Iterable[Widget]:
        """What would be, or is being, fought over; then the duel."""
        yield Static("", id="duel-words", markup=False)
        yield DuelView()

    def show_run(self) -> None:
        """The settings can have changed."""
        self._show()

    def _show(self) -> None:
        self.query_one("#duel-words", Static).update(self._words())
        self.query_one(DuelView).show(self.state)
        self.refresh_bindings()

    def _words(self) -> Content:
        config = self.state.config or self.bench.config
        known = dict(facts(config))
        line = f"{config.network}   {known['optimizer']}   dropout {known['dropout']}   {config.epochs:,} epochs"
        if self.state.config is not None:
            return Content.assemble((line, "bold"), (f"   {self.state.status}", "$primary"))
        why = "Both engines begin with the same weights and see the same batches and dropout masks, an epoch in turns."
        lines = [
            (line + "\n", "bold"),
            (f"{why}\n", "$foreground"),
            ("s starts it with the settings of the first screen.", "$quiet"),
        ]
        return Content.assemble(*lines)

    # -- the duel ------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Start or stop."""
        return {"fight": not self.state.running, "stop": self.state.running}.get(action, True)

    def action_fight(self) -> None:
        """Start it."""
        self.state = DuelState(self.bench.config, status="starting")
        self.process = DuelProcess(self.bench.config, self._said)
        self._show()

    def _said(self, said: Round | str | None) -> None:
        self.app.call_from_thread(self._hear, said)

    def _hear(self, said: Round | str | None) -> None:
        self.state.hear(said)
        self._show()

    def action_stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.stop()
            self.state.status = "stopped"
            self._show()

    def on_unmount(self) -> None:
        """The app leaves."""
        if self.process is not None:
            self.process.stop()


SCREEN = DuelScreen
