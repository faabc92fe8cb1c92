"""The lines around every screen: the tabs above, the hint and the keys below."""

from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

from textual.content import Content
from textual.widget import Widget

from tui_trainer.text import printable
from tui_trainer.tui.commands import Command, commands_of
from tui_trainer.tui.panels.clickable import ClickableWidget, clickable
from tui_trainer.tui.registry import SCREENS

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp

STATUS_STYLES = {
    "training": "$success",
    "paused": "$warning",
    "diverged": "$error",
    "failed": "$error",
    "silent": "$error",
    "interrupted": "$error",
}


class TabBar(ClickableWidget):
    """The screens, the one that is seen, and how the run that is looked at stands."""

    _said: tuple[str, ...] = ()

    def follow(self) -> None:
        """Draw again if the run stands otherwise than it says."""
        if self._facts() != self._said:
            self.refresh()

    def _facts(self) -> tuple[str, ...]:
        bench = cast("TrainerApp", self.app).bench
        return () if bench.history is None else (bench.state_word, printable(bench.title, 24))

    def render(self) -> Content:
        """One line."""
        app, width = cast("TrainerApp", self.app), self.size.width - 2
        self._said = self._facts()
        for titled, named in ((True, True), (True, False), (False, False)):
            state, tabs = self._state(app, titled), self._tabs(app, named)
            if tabs.cell_length + state.cell_length <= width:
                break
        else:
            tabs = Content(" ").join([self._tab(app, entry) for entry in SCREENS if entry.module == app.current_mode])
        return Content.assemble(tabs, " " * max(1, width - tabs.cell_length - state.cell_length + 1), state)

    def _tabs(self, app: "TrainerApp", with_name: bool) -> Content:
        name = Content.styled(" tui-trainer ", "bold $foreground") if with_name else Content("")
        return Content.assemble(name, *(self._tab(app, entry) for entry in SCREENS))

    def _tab(self, app: "TrainerApp", entry: Any) -> Content:
        seen = app.current_mode == entry.module
        action = f"app.open('{entry.module}')"
        key = clickable(f" {entry.key} ", action, "$primary" if seen else "$quiet")
        name = clickable(entry.name, action, "bold underline $foreground" if seen else "$quiet")
        return Content.assemble(key, name, " ")

    def _state(self, app: "TrainerApp", titled: bool) -> Content:
        if not self._said:
            return Content.styled("no run", "$quiet")
        word, title = self._said
        return Content.assemble(
            Content.styled(f"{title}  " if title and titled else "", "$quiet"),
            Content.styled(f"{app.marks.dot} {word}", STATUS_STYLES.get(word, "$foreground")),
        )


class HintLine(Widget):
    """What the focused control means, in one line; or something that just happened."""

    _words = ""

    def show(self, focused: Widget | None) -> None:
        """The words of what has the focus; without one, where the run lies."""
        directory = cast("TrainerApp", self.app).bench.directory
        self._words = str(directory or "") if focused is None else str(getattr(focused, "hint", ""))
        self.refresh()

    def render(self) -> Content:
        """One line; what does not fit ends in an ellipsis."""
        words = cast("TrainerApp", self.app).marks.keys(printable(self._words))
        room = self.size.width - 1
        return Content.styled(f" {words if len(words) <= room else f'{words[: room - 1]}…'}", "$quiet")


class KeyBar(ClickableWidget):
    """The keys that do something now, clickable."""

    def render(self) -> Content:
        """One line; what does not fit is in the help, which always fits, as the way out does."""
        owners = ((self.screen, "screen."), (self.app, "app."))
        here, always = ([self._part(c, prefix) for c in self._commands(owner)] for owner, prefix in owners)
        room = self.size.width - 1 - sum(part.cell_length for part in always)
        ends = accumulate(part.cell_length for part in here)
        return Content.assemble(*(part for part, end in zip(here, ends, strict=True) if end <= room), *always)

    def _part(self, command: Command, prefix: str) -> Content:
        return Content.assemble(
            clickable(
                f" {cast('TrainerApp', self.app).marks.keys(command.shown_key)} ",
                prefix + command.action,
                "bold $footer-key-foreground",
            ),
            clickable(f"{command.label} ", prefix + command.action, "$foreground 80%"),
        )

    def _commands(self, owner: Any) -> list[Command]:
        return [command for command in commands_of(owner) if self._shown(owner, command)]

    def _shown(self, owner: Any, command: Command) -> bool:
        name, _, _ = command.action.partition("(")
        return command.footer and bool(owner.check_action(name, ()))
