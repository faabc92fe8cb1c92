"""Lessons: a question, a prediction, the runs that answer it, and what happened; the bench stands beside the text."""

from collections.abc import Iterable
from pathlib import Path

from textual import work
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Markdown, OptionList, Static
from textual.widgets.option_list import Option

from tui_trainer.duel.round import Round
from tui_trainer.lessons import STAGES, Lesson, LessonError, fill, lessons
from tui_trainer.text import printable
from tui_trainer.tui.commands import Command, bindings
from tui_trainer.tui.duels import DuelProcess
from tui_trainer.tui.panels.duelling import DuelState
from tui_trainer.tui.panels.lesson_bench import LessonBench, Trial
from tui_trainer.tui.screens.base import BenchScreen

PREDICTION, RUN, END = 1, 2, 3  # places in STAGES


class LessonText(VerticalScroll, can_focus=True):
    """The text of a stage."""

    hint = "↑ ↓ scroll the text"


class Choices(OptionList):
    """Lessons, or what can be predicted."""

    hint = "↑ ↓ choose, Enter takes it"


class LessonScreen(BenchScreen):
    """First a list of lessons, then one of them, stage by stage."""

    NAME = "Lessons"
    KEYS = (
        Command("n,enter", "next", "Next", "Go on in the lesson."),
        Command("b", "previous", "Back", "Back to the stage before."),
        Command("r", "try", "Run", "Run what the lesson asks for, one after the other."),
        Command("escape", "choose", "Lessons", "Leave the lesson; back to the list.", shown="Esc"),
    )
    BINDINGS = bindings(KEYS)
    CSS = """
    #lesson-head { height: auto; padding: 0 1; }
    LessonScreen.-large #lesson-head { padding: 1 2; }
    #lesson { height: 1fr; }
    #lesson-left { width: 1fr; max-width: 84; height: 1fr; }
    LessonScreen.-bench #lesson-left { width: 48%; }
    LessonScreen.-large #lesson-left { padding: 0 1; }
    #lesson-scroll { height: 1fr; }
    #lesson-text { padding: 0 1 0 1; margin: 0; }
    #lesson-text > * { margin: 0 0 1 0; }
    LessonScreen.-choosing #lesson-scroll { height: auto; max-height: 60%; }
    #lesson-choices { height: auto; max-height: 1fr; border: none; background: $surface; padding: 0 1; margin: 0 1; }
    #lesson-choices > .option-list--option-highlighted {
        background: $panel; color: $primary; text-style: $block-cursor-text-style;
    }
    LessonBench { width: 1fr; height: 1fr; padding: 0 1; display: none; }
    LessonScreen.-bench LessonBench { display: block; }
    #lesson-trials { height: auto; margin-bottom: 1; }
    LessonScreen.-medium #lesson-trials { margin-bottom: 0; }
    #lesson-plots, #duel-plots { height: 1fr; layout: vertical; }
    #lesson-duel { height: 1fr; }
    #duel-figures { height: 6; }
    LessonScreen.-small.-bench #lesson-left { width: 1fr; height: 1fr; }
    LessonScreen.-small.-bench LessonBench { width: 50%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.lessons: list[Lesson] = []
        self.wrong: list[LessonError] = []
        self.lesson: Lesson | None = None
        self.stage = 0
        self.prediction: int | None = None
        self.trials: list[Trial] = []
        self._process: DuelProcess | None = None
        self._starting = False

    def body(self) -> Iterable[Widget]:
        """The head, the text with what can be chosen, the bench."""
        yield Static("", id="lesson-head", markup=False)
        text = LessonText(Markdown("", id="lesson-text", open_links=False), id="lesson-scroll")
        yield Horizontal(Vertical(text, Choices(id="lesson-choices"), id="lesson-left"), LessonBench(), id="lesson")

    def on_mount(self) -> None:
        """Begin with the list."""
        super().on_mount()
        self.lessons, self.wrong = lessons()
        self.show_stage()

    # -- showing -------------------------------------------------------------

    def show_run(self) -> None:
        """A run said something."""
        if self.lesson is not None:
            self._show_bench()

    def tick(self) -> None:
        """Runs of the lesson that the bench does not look at any more are read here."""
        others = [trial.reader for trial in self.trials if trial.reader and trial.reader is not self.bench.reader]
        said = [reader.poll() for reader in others if not reader.history.ended]
        if any(said):
            self.show_run()

    def show_stage(self) -> None:
        """The list of lessons, or the lesson's stage."""
        self.query_one("#lesson-head", Static).update(self._head())
        self.query_one("#lesson-text", Markdown).update(self._text())
        self.query_one("#lesson-scroll").scroll_home(animate=False)
        self._show_choices()
        self.set_class(self.lesson is not None and self.stage >= RUN, "-bench")
        self._show_bench()

    def _head(self) -> Content:
        if self.lesson is None:
            return Content.styled("Lessons", "bold $primary")
        parts: list[Content] = [Content.styled(f"{self.lesson.title}   ", "bold $primary")]
        for index, name in enumerate(STAGES):
            style = "bold underline $foreground" if index == self.stage else "$quiet"
            parts += [Content.styled(" > " if index else "", "$quiet"), Content.styled(name, style)]
        return Content.assemble(*parts)

    def _text(self) -> str:
        if self.lesson is None:
            broken = "".join(f"\n\n`{error}`" for error in self.wrong)
            return (
                "A question, your prediction, a run, and what happened. Arrow keys choose a lesson, Enter begins."
                + broken
            )
        text = self.lesson.sections[STAGES[self.stage]]
        if self.stage < END:
            return text
        values = {index + 1: trial.values() for index, trial in enumerate(self.trials)}
        return f"{self._verdict()}\n\n{fill(text, values)}"

    def _verdict(self) -> str:
        assert self.lesson is not None
        if self.prediction is None:
            return ""
        said = f"*You predicted: {self.lesson.choices[self.prediction]}.*"
        if self.lesson.right is None or self.lesson.right == self.prediction:
            return said if self.lesson.right is None else f"{said} **That was it.**"
        return f"{said} **It was: {self.lesson.choices[self.lesson.right]}.**"

    def _show_choices(self) -> None:
        choices = self.query_one("#lesson-choices", OptionList)
        choices.clear_options()
        if self.lesson is None:
            choices.add_options([_row(lesson) for lesson in self.lessons])
        elif self.stage == PREDICTION:
            choices.add_options([Option(Content(f"- {words}")) for words in self.lesson.choices])
        choices.display = bool(choices.option_count)
        self.set_class(bool(choices.option_count), "-choosing")
        if choices.option_count:
            choices.highlighted = (self.prediction if self.lesson else None) or 0
        (choices if choices.option_count else self.query_one("#lesson-scroll")).focus()

    def _show_bench(self) -> None:
        lesson = self.lesson
        if lesson is not None and self.stage >= RUN:
            self.query_one(LessonBench).show(lesson.experiments, self.trials, lesson.watch)
        self.refresh_bindings()

    # -- going through it ----------------------------------------------------

    @property
    def answered(self) -> bool:
        """Whether everything was run."""
        done = self.lesson is not None and len(self.trials) == len(self.lesson.experiments)
        return done and all(trial.over for trial in self.trials)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What there is to do at this stage."""
        lesson, stage = self.lesson, self.stage
        ready = {0: True, PREDICTION: self.prediction is not None, RUN: self.answered}
        waiting = bool(self.trials) and not self.trials[-1].over
        left = lesson is not None and (len(self.trials) < len(lesson.experiments) or self.trials[-1].failed)
        offers = {
            "next": lesson is not None and ready.get(stage, False),
            "previous": lesson is not None and stage > 0,
            "try": stage == RUN and left and not waiting and not self._starting,
            "choose": lesson is not None,
        }
        return offers.get(action, True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A lesson, or a prediction."""
        if self.lesson is None:
            self.lesson, self.stage = self.lessons[event.option_index], 0
            self.prediction, self.trials = None, []
        else:
            self.prediction, self.stage = event.option_index, RUN
        self.show_stage()

    def action_next(self) -> None:
        """Go on."""
        self.stage = min(END, self.stage + 1)
        self.show_stage()

    def action_previous(self) -> None:
        """Go back."""
        self.stage = max(0, self.stage - 1)
        self.show_stage()

    def action_choose(self) -> None:
        """Back to the list; what trains goes on, a duel ends."""
        self._end_duel()
        self.lesson, self.stage, self.trials = None, 0, []
        self.show_stage()

    # -- running -------------------------------------------------------------

    def action_try(self) -> None:
        """Run the next experiment."""
        assert self.lesson is not None
        if self.bench.living:
            self.notify("A run is training: stop it on the first screen, or wait until it is over.", severity="warning")
            return
        if self.trials and self.trials[-1].failed:
            self.trials.pop()
        experiment = self.lesson.experiments[len(self.trials)]
        if experiment.duel:
            state = DuelState(experiment.config, status="starting")
            self.trials.append(Trial(experiment, duel=state))
            self._process = DuelProcess(
                experiment.config, lambda said: self.app.call_from_thread(self._hear, state, said)
            )
        else:
            self._starting = True
            self.trials.append(trial := Trial(experiment))
            self._start(trial)
        self._show_bench()

    def _hear(self, state: DuelState, said: Round | str | None) -> None:
        state.hear(said)
        self._show_bench()

    @work(thread=True, group="lesson")
    def _start(self, trial: Trial) -> None:
        try:
            directory, why = self.bench.trainers.start(trial.experiment.config, self.bench.runs), ""
        except (ValueError, OSError) as error:
            directory, why = None, str(error)
        self.app.call_from_thread(self._started, trial, directory, why)

    def _started(self, trial: Trial, directory: Path | None, why: str) -> None:
        """The lesson may have been left meanwhile."""
        self._starting = False
        if directory is None:
            self.trials = [other for other in self.trials if other is not trial]
            self.notify(printable(why), title="The run could not start", severity="error", markup=False, timeout=20)
        else:
            self.bench.open(directory)
            trial.reader = self.bench.reader
        self._show_bench()

    def _end_duel(self) -> None:
        if self._process is not None:
            self._process.stop()

    def on_unmount(self) -> None:
        """The app leaves."""
        self._end_duel()


def _row(lesson: Lesson) -> Option:
    name = Content.styled(printable(lesson.title, 60), "bold")
    words = f"   {lesson.minutes:g} minutes\n{printable(lesson.summary, 200)}\n"
    return Option(Content.assemble(name, (words, "$foreground 70%")))


SCREEN = LessonScreen
