"""What a fork shall be: from which checkpoint it goes on, and with which settings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from tui_trainer.config import SETTINGS, RunConfig
from tui_trainer.settings import SettingError
from tui_trainer.text import printable
from tui_trainer.tui.commands import Command
from tui_trainer.tui.panels.actions import Action
from tui_trainer.tui.panels.fields import ChoiceField, Field
from tui_trainer.tui.panels.setting_rows import MEANS_SOMETHING, UNTYPED, setting_field, value_text

NEWEST = "the newest"
MORE_EPOCHS = 10  # offered where the run has done all of its own
MEANINGLESS = ("init",)  # a fork goes on from weights that are there
FORK = Command("ctrl+s", "fork", "Fork and train", "Make the run and start its trainer.")


class AskFork(ModalScreen[tuple[dict[str, Any], int | None] | None]):
    """Ends with the changed settings and the epoch to branch from (None: the newest checkpoint), or with None."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Back"), Binding(FORK.key, FORK.action, FORK.label)]
    CSS = """
    AskFork .dialog { width: 90%; max-width: 90; height: 90%; }
    AskFork .dialog VerticalScroll { height: 1fr; }
    AskFork .dialog-hint { height: 2; width: 1fr; margin: 0; }
    """
    AUTO_FOCUS = ""

    def __init__(
        self,
        name: str,
        config_at: Callable[[int | None], RunConfig],
        epochs: Sequence[int],
        newest: int,
        kept: Sequence[str],
    ) -> None:
        """`config_at` gives the settings with which a fork goes on from an epoch, or from the newest checkpoint, which
        is of the epoch `newest`; a fork of a run that is done is to have some epochs more."""
        super().__init__()
        self._name, self._config_at, self._config = name, config_at, config_at(None)
        self._epochs = [NEWEST, *map(str, epochs)]
        self._newest = newest
        self._typed: dict[str, str] = {"epochs": str(newest + MORE_EPOCHS)} if self._config.epochs <= newest else {}
        self._settings = [name for name in SETTINGS if name not in (*kept, *UNTYPED, *MEANINGLESS)]

    def compose(self) -> ComposeResult:
        """From where, the settings that a fork may change, the button."""
        with Vertical(classes="dialog"):
            yield Static(f"Fork {printable(self._name)}", classes="dialog-title", markup=False)
            with VerticalScroll(can_focus=False):
                yield ChoiceField(
                    "branch_from", "the epoch whose checkpoint it goes on from", NEWEST, lambda: self._epochs
                )
                yield from (setting_field(name) for name in self._settings)
            yield Action(FORK)
            yield Static("", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Show the settings that it would have; begin with the one that is changed most."""
        self._show()
        self.watch(self, "focused", self._explain)
        self.query_one("#field-learning_rate").focus()

    def _explain(self, focused: Widget | None) -> None:
        self.query_one(".dialog-hint", Static).update(printable(getattr(focused, "hint", "") or "Esc goes back"))

    def on_field_changed(self, event: Field.Changed) -> None:
        """Keep what was typed, and say whether it can be."""
        self._typed[event.name] = event.text
        if event.name == "branch_from":
            self._branch()
        self._show()
        self._explain(self.focused)

    @property
    def _epoch(self) -> int | None:
        epoch = self._typed.get("branch_from", NEWEST)
        return None if epoch == NEWEST else int(epoch)

    def _branch(self) -> None:
        """Settings may have been others at that epoch."""
        try:
            self._config = self._config_at(self._epoch)
        except (ValueError, OSError) as error:
            self.notify(printable(error), severity="error", markup=False)

    def _check(self) -> tuple[RunConfig, Mapping[str, str]]:
        """The settings as far as they can be, and what is wrong with the others."""
        config, problems = self._config, {}
        for name, text in self._typed.items():
            try:
                config = config.replace(**{name: text}) if name in SETTINGS else config
            except SettingError as error:
                problems[name] = error.problem
        begin = self._newest if self._epoch is None else self._epoch
        if config.epochs <= begin and "epochs" not in problems:
            problems["epochs"] = f"must be above {begin}, where the fork begins"
            self._typed.setdefault("epochs", str(config.epochs))
        return config, problems

    def _show(self) -> None:
        config, problems = self._check()
        for field in self.query(Field):
            name = field.setting
            if name in SETTINGS:
                text = self._typed[name] if name in problems else value_text(config, name)
                field.show(text, problem=problems.get(name, ""))
                field.display = name in problems or MEANS_SOMETHING.get(name, lambda _: True)(config)
        self.query_one(Action).show("a setting is wrong" if problems else "")

    def action_fork(self) -> None:
        """Take it, unless something is wrong."""
        config, problems = self._check()
        if problems:
            return
        before, after = self._config.to_mapping(), config.to_mapping()
        changes = {name: value for name, value in after.items() if value != before[name]}
        self.dismiss((changes, self._epoch))
