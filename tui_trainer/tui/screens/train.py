"""Train: the settings, the two plots, progress, findings and the summary."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textual import work
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.worker import get_current_worker

from tui_trainer.config import RunConfig
from tui_trainer.settings import SettingError
from tui_trainer.text import printable
from tui_trainer.tui.commands import bindings
from tui_trainer.tui.mending import mend, mendable, question
from tui_trainer.tui.panels.actions import Action, ActionBar
from tui_trainer.tui.panels.fields import Field
from tui_trainer.tui.panels.notices import Notices, notices
from tui_trainer.tui.panels.plotted import PlotPanel
from tui_trainer.tui.panels.progress import Progress, Summary
from tui_trainer.tui.panels.ready import Ready
from tui_trainer.tui.panels.run_plots import run_plot
from tui_trainer.tui.panels.settings import SettingsPanel
from tui_trainer.tui.screens.base import BenchScreen
from tui_trainer.tui.screens.dialogs import ReadDialog
from tui_trainer.tui.train_keys import BUTTONS, START, TRAIN_KEYS, offers

MEASURES, PROGRESS = ("loss", "error"), "progress"
TICKS = 10  # a second


class TrainScreen(BenchScreen):
    """The whole main job."""

    NAME = "Train"
    KEYS = TRAIN_KEYS
    BINDINGS = bindings(KEYS)

    def __init__(self) -> None:
        super().__init__()
        self._wanted: bool | None = None  # whether the user wants to see the settings; None leaves it to the size
        self._stale = {*MEASURES, PROGRESS}  # the panels that are older than what was read
        self._drawn: object = None  # the history of which the plots are
        self._ticks = 0
        self._busy = ""  # what Start is doing
        self._seen: tuple[Any, ...] = ()  # how the run stood when the panels were arranged

    def body(self) -> Iterable[Widget]:
        """Settings on the left, the run beside them."""
        self._dress()
        self._config = self.bench.config  # what the panel shows
        panel = SettingsPanel(self._config, self.bench_app.preferences.more_settings)
        plots = Container(PlotPanel(id="loss"), PlotPanel(id="error"), id="plots")
        self._left = Vertical(panel, ActionBar(BUTTONS), id="left")
        self._run = Vertical(Ready(id="ready"), plots, Notices(), Progress(), Summary(), id="run")
        self._show_settings(self._settings_wanted)
        yield Horizontal(self._left, self._run, id="work")

    def on_mount(self) -> None:
        """Begin with the button that does the most obvious thing, and look whether the data is there."""
        super().on_mount()
        self.call_after_refresh(self._check_outside)
        self.show_run()
        self._focus_action()

    # -- what is shown -------------------------------------------------------

    def resized(self, size: str) -> None:
        """Other panels fit."""
        self._arrange()

    def show_run(self) -> None:
        """The run said something."""
        self._stale = {*MEASURES, PROGRESS}
        history, living = self.history, self.bench.living
        panel = self.query_one(SettingsPanel)
        if self.bench.config is not self._config:  # of another run that was opened
            self._config = self.bench.config
            panel.set_config(self._config)
            self._check_outside()
        panel.set_living(history.config if history and living else None, self.bench.live_values)
        mends = offers(self.bench, bool(self._busy))["mend"]
        stands = (id(history), self.bench.state_word, living, self._busy, mends)
        if stands != self._seen:
            self._seen = stands
            self._arrange()
            self._show_actions()
            self.query_one(Summary).refresh()
            self.query_one(Ready).refresh()
            self.query_one(Progress).refresh()
        self.query_one(Notices).show()

    def _dress(self) -> None:
        """The classes by which the panels give way."""
        history, living = self.history, self.bench.living
        self.wear({"-idle": history is None, "-living": living, "-over": history is not None and not living})

    @property
    def _settings_wanted(self) -> bool:
        roomy = self.size_class == "-large" or (self.history is None and self.size_class == "-medium")
        return roomy if self._wanted is None else self._wanted

    @property
    def _settings_shown(self) -> bool:
        return self._left.display

    def _show_settings(self, shown: bool) -> None:
        """Not by a class of the screen, which would style every field anew before the key is answered."""
        self._left.display = shown
        self._run.set_class(shown, "-beside")

    def _arrange(self) -> None:
        self._dress()
        self._show_settings(self._settings_wanted)
        if not self._settings_shown and self.focused is not None and self._left in self.focused.ancestors:
            self.set_focus(None)

    def _show_actions(self) -> None:
        for action in self.query(Action):
            offered = bool(self.check_action(action.command.action, ()))
            action.display = offered or (action.command is START and not self.bench.living)
            action.show(self._why_not_start() if action.command is START else "")
        if isinstance(self.focused, Action) and not self.focused.display:
            self._focus_action()
        self.refresh_bindings()
        self.hint_changed()

    def _focus_action(self) -> None:
        """The focus on the first button that is on; nowhere while the buttons are hidden."""
        seen = [action for action in self.query(Action) if action.display] if self._settings_shown else []
        self.set_focus(seen[0] if seen else None)

    def _why_not_start(self) -> str:
        if self._busy:
            return self._busy
        panel = self.query_one(SettingsPanel)
        wrong = {**panel.outside, **panel.problems}
        return next((f"Start is off: {name.replace('_', ' ')}: {why}" for name, why in wrong.items()), "")

    def tick(self) -> None:
        """Redraw what is stale, each at most so often; once a second, see what moves by the clock."""
        self._ticks += 1
        self._redraw()
        if self._ticks % TICKS == 0 and self.history is not None and not self.history.ended:
            stale = self._stale
            self.show_run()  # the trainer may have gone, or fallen silent
            self._stale = stale
            self.query_one(Progress).refresh()

    def _redraw(self) -> None:
        """The plots take turns, so that a key never waits for both; those of another run come at once."""
        another, self._drawn = self._drawn is not self.history, self.history
        period = self.bench_app.redraw_period
        if PROGRESS in self._stale and self._ticks % period == 0:
            self._stale.discard(PROGRESS)
            self.query_one(Progress).refresh()
        for place, measure in enumerate(MEASURES):
            if measure in self._stale and (another or (self._ticks + place * (period // 2)) % period == 0):
                self._draw(measure)

    def _draw(self, measure: str) -> None:
        self._stale.discard(measure)
        history = self.history
        log = measure == "loss" and self.bench_app.preferences.log_axis
        plot = run_plot(history, measure, self.bench_app.marks.ascii, log) if history else None
        self.query_one(f"#{measure}", PlotPanel).show(plot)

    # -- what a user can do --------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which commands there are, as the run stands."""
        return offers(self.bench, bool(self._busy)).get(action, True)

    def on_settings_panel_edited(self, event: SettingsPanel.Edited) -> None:
        """Other settings: look whether their engine and data are there."""
        if event.config is not None:
            self._config = self.bench.config = event.config
            self._check_outside()
        self.query_one(Ready).refresh()
        self._show_actions()

    def on_settings_panel_live(self, event: SettingsPanel.Live) -> None:
        """Change a setting of the run that trains."""
        if self.bench_app.ask("set", name=event.name, value=event.value):
            self.bench.asked(event.name, event.value)
        self.show_run()

    @work(thread=True, exclusive=True, group="check")
    def _check_outside(self) -> None:
        config = self.bench.config
        problems = self.bench.trainers.problems(config)
        if self.is_attached and not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._outside_checked, config, problems)

    def _outside_checked(self, config: RunConfig, problems: dict[str, str]) -> None:
        if config is self.bench.config and self.app.is_running:  # else a later check is under way
            self.query_one(SettingsPanel).set_outside(problems)
            self._show_actions()

    def action_start(self) -> None:
        """Start a run, unless something is wrong with the settings."""
        if why := self._why_not_start():
            self.notify(printable(why), severity="error", markup=False)
            return
        self._busy = "Starting: reading the data"
        self._show_actions()
        self._start(self.bench.config)

    @work(thread=True, exclusive=True, group="start")
    def _start(self, config: RunConfig) -> None:
        try:
            directory, problem = self.bench.trainers.start(config, self.bench.runs), None
        except (ValueError, OSError) as error:
            directory, problem = None, error
        self.app.call_from_thread(self._started, directory, problem)

    def _started(self, directory: Path | None, problem: Exception | None) -> None:
        if not self.app.is_running:
            return
        self._busy = ""
        self._show_actions()
        if directory is not None:
            self._wanted = None
            self.bench.open(directory)
        elif isinstance(problem, SettingError):
            self.query_one(SettingsPanel).set_outside({problem.name: problem.problem})
        else:
            self.notify(printable(problem), title="The run could not start", severity="error", markup=False, timeout=20)
        self.show_run()

    def action_pause(self) -> None:
        """Ask for a pause."""
        self.bench_app.ask("pause")

    def action_continue(self) -> None:
        """Ask to go on."""
        self.bench_app.ask("continue")

    def action_stop(self) -> None:
        """Ask to save and end."""
        self.bench_app.ask("stop", save=True)

    def action_checkpoint(self) -> None:
        """Ask for a checkpoint."""
        self.bench_app.ask("save")

    def action_revive(self) -> None:
        """Go on from the newest checkpoint."""
        try:
            self.bench.resume()
        except (ValueError, OSError) as error:
            self.notify(printable(error), title="The run could not go on", severity="error", markup=False)
        self.show_run()

    def action_settings(self) -> None:
        """Show or hide the settings."""
        self._wanted = not self._settings_shown
        self._arrange()
        if self._wanted:
            next(field for field in self.query(Field) if field.focusable).focus()

    def action_more(self) -> None:
        """Show all settings, or the main ones."""
        panel = self.query_one(SettingsPanel)
        panel.show_more(not panel.more)
        self.bench_app.remember(more_settings=panel.more)
        if not self._settings_shown:
            self.action_settings()

    def action_log_axis(self) -> None:
        """Change the axis of the loss."""
        self.bench_app.remember(log_axis=not self.bench_app.preferences.log_axis)
        self._draw("loss")

    def action_command(self) -> None:
        """Show the command."""
        history = self.history
        living = history is not None and self.bench.living
        config = history.config.replace(**self.bench.live_values) if living else self.bench.config
        line = self.bench.trainers.command(config)
        self.app.push_screen(ReadDialog("The same as a command", lambda: Content(line), copy=line))

    def action_log(self) -> None:
        """Show the trainer's output."""
        self.app.push_screen(ReadDialog("What the trainer printed", self._log, follow=True))

    def _log(self) -> Content:
        directory = self.bench.directory
        lines = self.bench.trainers.log_lines(directory) if directory else []
        return Content("\n".join(printable(line) for line in lines) or "Nothing so far.")

    def action_findings(self) -> None:
        """Show them in full."""
        self.app.push_screen(ReadDialog("Findings and warnings", self._findings))

    def action_mend(self) -> None:
        """Ask what shall be mended."""
        if self.history is not None and (findings := mendable(self.history)):
            self.app.push_screen(question(self.bench, findings), self._picked)

    def _picked(self, rule: str | None) -> None:
        self._mend(rule)

    @work(group="mend", exclusive=True)
    async def _mend(self, rule: str | None) -> None:
        try:
            if self.history is not None and rule in self.history.findings:
                await mend(self.bench_app, self.history.findings[rule])
        except (ValueError, OSError) as error:
            self.notify(printable(error), title="It could not be mended", severity="error", markup=False)
        self.show_run()

    def _findings(self) -> Content:
        found: list[Any] = [printable(sentence, 2000) for _, sentence in notices(self.bench)]
        return Content("\n\n".join(found) or "Nothing is known to be wrong.")


SCREEN = TrainScreen
