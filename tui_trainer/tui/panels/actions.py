"""Buttons of one line: what can be done with the settings, or with the run that trains."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content

from tui_trainer.tui.commands import Command
from tui_trainer.tui.panels.clickable import ClickableWidget

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp


class Action(ClickableWidget, can_focus=True):
    """One command as a button; off while the screen does not offer it."""

    BINDINGS: ClassVar = [
        Binding("enter,space", "press", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, command: Command) -> None:
        super().__init__(id=f"action-{command.action.replace('_', '-')}")
        self.command = command
        self.why_off = ""

    @property
    def hint(self) -> str:
        """What it does, or why it is off."""
        return self.why_off or self.command.help

    def show(self, why_off: str) -> None:
        """Turn it on, or off with a reason."""
        self.why_off = why_off
        self.set_class(bool(why_off), "-off")

    def render(self) -> Content:
        """The label, and the key that does the same."""
        sign = cast("TrainerApp", self.app).marks.right if self.has_focus else " "
        return Content.assemble(f" {sign}", (self.command.label, "bold"), f"  {self.command.shown_key} ")

    async def on_click(self, event: events.Click) -> None:
        """Do it."""
        event.stop()
        await self.action_press()

    async def action_press(self) -> None:
        """Do it."""
        await self.screen.run_action(self.command.action)


class ActionBar(Horizontal):
    """The buttons in a row."""

    def __init__(self, commands: tuple[Command, ...]) -> None:
        super().__init__(id="actions")
        self._commands = commands

    def compose(self) -> ComposeResult:
        """A button for each command."""
        for command in self._commands:
            yield Action(command)
