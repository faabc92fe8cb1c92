"""The app: it polls the run that is looked at, and shows one screen of the registry at a time."""

import dataclasses
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.filter import LineFilter

from tui_trainer.config import RunConfig
from tui_trainer.streams import heard_or_not
from tui_trainer.text import printable
from tui_trainer.tui import preferences, themes
from tui_trainer.tui.ascii import AsciiFilter
from tui_trainer.tui.attention import Attention, notification
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.commands import Command, bindings, offered
from tui_trainer.tui.crash import write_report
from tui_trainer.tui.marks import ASCII, UNICODE
from tui_trainer.tui.panels.frame import TabBar
from tui_trainer.tui.panels.pick import PickOne
from tui_trainer.tui.registry import SCREENS
from tui_trainer.tui.screens.base import BenchScreen
from tui_trainer.tui.screens.dialogs import CANCEL, DROP, SAVE, ReadDialog, grouped, help_text, quit_dialog
from tui_trainer.tui.terminal import HANGUP, ascii_only, gone, on_signals, refusal, unbroken

POLLS_PER_SECOND = 10
SETTLED = 2.0  # seconds after which what start-up made is no garbage
REDRAW_RATES = (10, 5, 2, 1)  # of the plots, a second
MOVING = (
    ("Tab ↑ ↓", "to the next control or back"),
    ("← →", "change the value that has the focus"),
    ("Enter", "type a value, or choose from a list"),
    ("Esc", "leave a field or a window as it was"),
    ("mouse", "click whatever you see; the wheel scrolls"),
)


class CommandPalette(Provider):
    """The palette, from the same table as footer and help."""

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        for _, owner, command in offered(self.app, self.screen):
            yield command.label, command.help, partial(owner.run_action, command.action)

    async def discover(self) -> Hits:
        """All of them."""
        for label, help, run in self._commands():
            yield DiscoveryHit(label, run, help=help)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for label, help, run in self._commands():
            if (score := max(matcher.match(label), matcher.match(help) * 0.8)) > 0:
                yield Hit(score, matcher.highlight(label), run, help=help)


class TrainerApp(App[int]):
    """A viewer of runs and a starter of them; it never trains."""

    TITLE = "tui-trainer"
    CSS_PATH = "styles.tcss"
    COMMANDS: ClassVar[set[Any]] = {CommandPalette}
    MODES: ClassVar[dict[str, Any]] = {entry.module: entry.load for entry in SCREENS}
    DEFAULT_MODE = SCREENS[0].module
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    KEYS: ClassVar[tuple[Command, ...]] = (
        *(entry.command for entry in SCREENS),
        Command("question_mark", "help", "Help", "Show all keys and what they do."),
        Command("ctrl+p", "command_palette", "Palette", "Find a command by its name.", footer=False),
        Command("T", "next_theme", "Theme", "Change to the next theme.", footer=False),
        Command("B", "notify_me", "Bell", "Ring a bell at the end of the run, or do not.", footer=False),
        Command("R", "slower", "Redraw rate", "Draw what moves less often, for slow lines.", footer=False),
        Command("q,ctrl+q", "leave", "Quit", "Quit; asks first while a run trains."),
    )
    BINDINGS = bindings(KEYS)

    def __init__(
        self,
        bench: Bench,
        *,
        ascii: bool | None = None,
        preferences_path: Path | None = None,
    ) -> None:
        no_color = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if no_color else None)
        self.bench = bench
        self.marks = ASCII if (ascii_only() if ascii is None else ascii) else UNICODE
        self.attention = Attention()
        self.stopping = False  # whether the run was asked to stop on the way out
        self.crash_report: Path | None = None
        self.preferences_path = preferences_path or preferences.default_path()
        self.preferences = preferences.load(self.preferences_path)
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = "plain" if no_color else self._remembered_theme()

    def _remembered_theme(self) -> str:
        return self.preferences.theme if self.preferences.theme in themes.NAMES else themes.NAMES[0]

    def on_mount(self) -> None:
        """Begin to poll."""
        on_signals(lambda code: self.exit(return_code=code))
        self.set_interval(1 / POLLS_PER_SECOND, self.tick)
        if not self.is_headless:
            self.set_timer(SETTLED / 4, self._warm_up)
            self.set_timer(SETTLED, self._settle)

    def _settle(self) -> None:
        """Look for garbage from now on, but never among what there is already: no key shall wait for that."""
        gc.freeze()
        gc.enable()

    @work(thread=True)
    def _warm_up(self) -> None:
        """Import, while nobody waits, what the first picture did without and the first curve needs at once."""
        import_module("tui_trainer.tui.plot")

    def tick(self) -> None:
        """Read what the trainer wrote; let the screen that is seen draw it."""
        if not (self.is_running and self.screen_stack):
            return  # the app is closing, and its widgets go one by one
        if not self.is_headless and gone():
            self.exit(return_code=128 + HANGUP)
            return
        screen = self.screen
        said = self.bench.poll()
        if said and (news := self.attention.news(self.bench.history)) and self.preferences.notify:
            self.call_back(news)
        if said and (refusal := self.bench.refusal()):
            self.notify(printable(refusal), title="The trainer refused", severity="warning", markup=False)
        if not isinstance(screen, BenchScreen) or not screen.is_mounted:
            return
        if said:
            screen.show_run()
        screen.tick()
        screen.query_one(TabBar).follow()

    def ask(self, action: str, **arguments: Any) -> bool:
        """Ask the trainer for something; where that cannot be written, say so. Whether it was asked."""
        try:
            self.bench.request(action, **arguments)
        except (ValueError, OSError) as error:
            self.notify(printable(error), title="The trainer could not be asked", severity="error", markup=False)
            return False
        return True

    def call_back(self, words: str) -> None:
        """A bell, and a desktop notification where the terminal knows how."""
        self.bell()
        if self._driver is not None:
            self._driver.write(notification(words))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and ours where the terminal has no Unicode."""
        filters = super().get_line_filters()
        return [*filters, AsciiFilter()] if self.marks.ascii else filters

    def remember(self, **changes: Any) -> None:
        """Keep a choice for the next start."""
        self.preferences = dataclasses.replace(self.preferences, **changes)
        preferences.save(self.preferences, self.preferences_path)

    def action_open(self, module: str) -> None:
        """Show a screen of the registry."""
        self.switch_mode(module)

    def action_next_theme(self) -> None:
        """The theme after this one."""
        names = themes.NAMES
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.remember(theme=self.theme)

    def action_notify_me(self) -> None:
        """Call me back at the end of a run, or do not."""
        self.remember(notify=not self.preferences.notify)
        when = "rings at the end, on divergence and on a finding" if self.preferences.notify else "never rings"
        self.tell(f"The bell {when}.")

    @property
    def redraw_period(self) -> int:
        """In how many ticks what moves is drawn once."""
        return POLLS_PER_SECOND // max(1, min(POLLS_PER_SECOND, self.preferences.redraws))

    def action_slower(self) -> None:
        """The next of a few rates."""
        slower = [rate for rate in REDRAW_RATES if rate < self.preferences.redraws]
        self.remember(redraws=slower[0] if slower else REDRAW_RATES[0])
        often = {1: "once", 2: "twice"}.get(self.preferences.redraws, f"{self.preferences.redraws} times")
        self.tell(f"What moves is drawn at most {often} a second.")

    def tell(self, words: str) -> None:
        """What a key has changed, in the place of what was told before."""
        self.clear_notifications()
        self.notify(words, markup=False)

    def action_help_quit(self) -> None:
        """Textual's answer to Ctrl+C, which quits other programs."""
        self.tell("q quits; a run that trains can be left alone or stopped.")

    def delay_update(self, delay: float = 0.05) -> None:
        """Textual masks a change of screens for so long; ours come in one piece, and no key shall wait for that."""
        super().delay_update(min(delay, 0.001))

    def _handle_exception(self, error: Exception) -> None:
        """Textual's hook too: while the app closes, a screen that was about to open misses what is gone already."""
        if not self._exit:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual's hook for an error that nobody handled: its traceback goes to a file, not over the terminal."""
        if self._exception is not None and not self.is_headless:
            self.crash_report = write_report(self._exception, self.bench.directory or self.bench.runs)
        if self.crash_report is None:
            super()._fatal_error()
        else:
            self._close_messages_no_wait()

    def action_leave(self) -> None:
        """Quit; ask first what shall become of a run that trains."""
        if self.bench.living and not isinstance(self.screen, PickOne):
            self.push_screen(quit_dialog(self.bench.state_word == "paused"), self._leave)
        else:
            self.exit(0)

    def _leave(self, choice: str | None) -> None:
        if choice in (SAVE, DROP) and not self.ask("stop", save=choice == SAVE):
            return
        if choice not in (None, CANCEL):
            self.stopping = choice in (SAVE, DROP)
            self.exit(0)

    def action_help(self) -> None:
        """All keys."""
        groups = grouped(offered(self))
        self.push_screen(ReadDialog("Keys", lambda: help_text(groups, MOVING, self.marks)))


def run_app(config: RunConfig, runs: Path, *, attach: Path | None = None) -> int:
    """Open the app on this terminal until the user leaves; the exit code of the process."""
    if problem := refusal():
        print(f"tui-trainer: {problem}", file=sys.stderr)
        return 2
    app = TrainerApp(Bench(config, runs, attach=attach))
    with unbroken():
        result = app.run()
    with heard_or_not():
        if app.crash_report is not None:
            print(f"tui-trainer: the app crashed; what happened is in {printable(app.crash_report)}", file=sys.stderr)
        if app.bench.living and not app.stopping:
            stands = "is paused" if app.bench.state_word == "paused" else "goes on"
            print(f"The run {stands}: tui-trainer attach {printable(app.bench.directory)}", file=sys.stderr)
    return app.return_code or result or 0
