"""One line each to see and change a setting: its words, its value, the keys that change it."""

from collections.abc import Callable, Sequence
from copy import copy
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from tui_trainer.text import printable
from tui_trainer.tui.panels.clickable import ClickableWidget, clickable
from tui_trainer.tui.panels.pick import Option, PickOne

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp

LABEL_WIDTH = 17


class Field(ClickableWidget, can_focus=True):
    """A setting: Left and Right change it, Enter edits it or lists what there is to choose."""

    BINDINGS: ClassVar = [
        Binding("left", "change(-1)", show=False),
        Binding("right", "change(1)", show=False),
        Binding("enter", "edit", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]
    keys_hint = "Enter types"

    class Changed(Message):
        """The user gave a setting another value; it may be wrong."""

        def __init__(self, name: str, text: str) -> None:
            super().__init__()
            self.name, self.text = name, text

    def __init__(self, name: str, words: str, text: str, *, live: bool = False, empty: str = "") -> None:
        super().__init__(id=f"field-{name}", name=name)
        self.setting, self.words, self.text, self.live = name, words, text, live
        self.empty = empty  # what an open value stands for
        self.label = name.replace("_", " ")
        self.problem = ""
        self.locked = False

    @property
    def hint(self) -> str:
        """What the setting means, and how it is changed or why it cannot be."""
        if self.problem:
            return self.problem
        how = "fixed while it trains" if self.locked else self.keys_hint
        return f"{self.words[:1].upper()}{self.words[1:]} · {how}"

    def show(self, text: str, *, problem: str = "", locked: bool = False) -> None:
        """Take another value or state."""
        if (text, problem, locked) != (self.text, self.problem, self.locked):
            self.text, self.problem, self.locked = text, problem, locked
            self.set_class(bool(problem), "-wrong")
            self.can_focus = not locked
            self.refresh(layout=True)

    def render(self) -> Content:
        """Label and value; under them what is wrong with it."""
        sign = cast("TrainerApp", self.app).marks.right if self.has_focus else " "
        label = Content.styled(f"{sign}{self.label}".ljust(LABEL_WIDTH), "bold" if self.has_focus else "$quiet")
        rows = wrap(printable(self.problem), max(16, self.size.width - 3)) if self.problem else []
        problem = Content.styled("".join(f"\n   {row}" for row in rows), "$error")
        return Content.assemble(label, self._value(), problem)

    def _value(self) -> Content:
        room = max(4, self.size.width - LABEL_WIDTH - 4)
        value = printable(self.text or self.empty or "(none)", room)
        if self.locked:
            return Content.styled(f"  {value}", "$quiet")
        marks = cast("TrainerApp", self.app).marks
        ends = "$primary" if self.has_focus else "$line"
        style = "$error bold" if self.problem else "$foreground bold" if self.has_focus else "$foreground"
        return Content.assemble(
            clickable(f"{marks.left} ", "change(-1)", ends),
            clickable(value, "edit", style),
            clickable(f" {marks.right}", "change(1)", ends),
        )

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Draw the focus."""
        self.refresh()

    def give(self, text: str) -> None:
        """The user chose this value."""
        if not self.locked and text != self.text:
            self.text = text
            self.refresh(layout=True)
            self.post_message(self.Changed(self.setting, text))

    def action_change(self, by: int) -> None:
        """The value before or after this one."""

    def action_edit(self) -> None:
        """Type or pick a value."""


class ChoiceField(Field):
    """A setting with a few values to choose from."""

    keys_hint = "← → change, Enter lists"

    def __init__(
        self,
        name: str,
        words: str,
        text: str,
        choices: Callable[[], Sequence[str]],
        *,
        explain: Callable[[str], str] | None = None,
        live: bool = False,
    ) -> None:
        super().__init__(name, words, text, live=live)
        self._choices = choices  # asked for when one is chosen
        self._explain = explain  # a line about a choice, asked for when the list is opened

    def action_change(self, by: int) -> None:
        """The choice before or after this one, around the ends."""
        now, choices = self.text.partition(" ")[0], self._choices()  # a preset may be followed by a star
        place = choices.index(now) if now in choices else -(by > 0)
        self.give(choices[(place + by) % len(choices)])

    def action_edit(self) -> None:
        """Show the list, with a line about each."""
        if not self.locked:
            options = [Option(name, self._explain(name) if self._explain else "") for name in self._choices()]
            self.app.push_screen(PickOne(self.label.capitalize(), options, self.text.partition(" ")[0]), self._picked)

    def _picked(self, name: str | None) -> None:
        if name is not None:
            self.give(name)


class TextField(Field):
    """A setting that is typed."""

    def action_edit(self) -> None:
        """Open the editor with the value in it."""
        self._open(self.text, select=True)

    def _open(self, text: str, select: bool = False) -> None:
        if self.locked or self.query(Input):
            return
        editor = Editor(text, compact=True, select_on_focus=select)
        self.add_class("-editing")
        self.mount(editor)
        self._hand_on_keys(editor)
        self.screen.set_focus(editor)  # from here on keys go to the editor, behind those

    def _hand_on_keys(self, editor: "Editor") -> None:
        """Keys that came for us after the one that opens the editor are the editor's first ones.

        Both queues are Textual's own: a key that is handed on only when it is our turn comes after later ones.
        """
        came = [] if self._pending_message is None else [self._pending_message]
        self._pending_message = None
        while not self._message_queue.empty():
            came.append(self._message_queue.get_nowait())
        for message in came:
            self._message_queue.task_done()
            if isinstance(message, events.Key):
                editor.post_message(copy(message))  # a new one would be ours, and so not bubble up beyond us
            else:
                self._message_queue.put_nowait(message)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was typed."""
        event.stop()
        self.close_editor(keep=True)

    def close_editor(self, keep: bool) -> None:
        """Go back to showing the value."""
        for editor in self.query(Editor):
            if editor.closed:
                continue
            editor.closed = True  # it loses the focus by this, which must not keep its value
            if editor.has_focus:
                self.focus()
            editor.remove()
            self.remove_class("-editing")
            if keep:
                self.give(editor.value.strip())


class NumberField(TextField):
    """A setting that is a number: Left and Right step it, a digit begins to type another."""

    keys_hint = "← → step, Enter types"
    first = 0.0001  # what stands above 0

    def __init__(self, name: str, words: str, text: str, *, whole: bool, live: bool = False, empty: str = "") -> None:
        super().__init__(name, words, text, live=live, empty=empty)
        self.whole = whole

    def on_key(self, event: events.Key) -> None:
        """A digit begins to type."""
        if self.has_focus and not self.query(Editor) and event.character and event.character in "0123456789.-":
            event.stop()
            event.prevent_default()
            self._open(event.character)

    def action_change(self, by: int) -> None:
        """The round number below or above this one; whole numbers by one, others along 1, 2, 5, 10."""
        from tui_trainer.tui.panels.stepping import stepped

        self.give(stepped(self.text or self.empty, by, self.whole, self.first))


class Editor(Input):
    """The line in which a value is typed."""

    BINDINGS: ClassVar = [
        Binding("escape", "cancel", show=False),
        Binding("up", "leave(-1)", show=False),
        Binding("down", "leave(1)", show=False),
    ]
    hint = "Enter keeps what is typed, Esc leaves the value as it was"
    closed = False

    def action_cancel(self) -> None:
        """Leave the value as it was."""
        self._field().close_editor(keep=False)

    def action_leave(self, by: int) -> None:
        """Keep it, and go to the field above or below."""
        self._field().close_editor(keep=True)
        self.screen.focus_next() if by > 0 else self.screen.focus_previous()

    def on_blur(self) -> None:
        """Keep it when the focus goes elsewhere."""
        if self.is_attached:
            self._field().close_editor(keep=True)

    def _field(self) -> TextField:
        field = self.parent
        assert isinstance(field, TextField)
        return field
