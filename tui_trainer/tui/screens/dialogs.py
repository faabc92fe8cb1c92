"""What opens over a screen: help, the question at quitting, a text to read or to copy."""

from collections.abc import Callable
from textwrap import wrap
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_trainer.tui.commands import Command
from tui_trainer.tui.marks import Marks
from tui_trainer.tui.panels.pick import Option, PickOne

HELP_WIDTH = 52  # columns of a sentence in the help
LEAVE, SAVE, DROP, CANCEL = "leave it training", "stop and save", "stop without saving", "cancel"
LEAVE_PAUSED = "leave it paused"


class ReadDialog(ModalScreen[None]):
    """Some text over the screen, scrolled where it is long; `refresh_with` is asked for it once a second."""

    BINDINGS: ClassVar = [
        Binding("escape,q,enter", "dismiss(None)", "Back"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, title: str, text: Callable[[], Content], *, copy: str = "", follow: bool = False) -> None:
        super().__init__()
        self._title, self._text, self._copy, self._follow = title, text, copy, follow

    def compose(self) -> ComposeResult:
        """Title, text, how to leave."""
        with Vertical(classes="dialog -wide"):
            yield Static(self._title, classes="dialog-title", markup=False)
            with VerticalScroll(can_focus=True):
                yield Static(self._text(), id="text", markup=False)
            hint = "y copies it, Esc goes back" if self._copy else "Esc goes back, arrow keys scroll"
            yield Static(hint, classes="dialog-hint", id="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Keep a growing text fresh, its end in sight."""
        if self._follow:
            self.query_one(VerticalScroll).scroll_end(animate=False)
            self.set_interval(1.0, self._refresh)

    def _refresh(self) -> None:
        scroll = self.query_one(VerticalScroll)
        at_end = scroll.scroll_offset.y >= scroll.max_scroll_y
        self.query_one("#text", Static).update(self._text())
        if at_end:
            scroll.scroll_end(animate=False)

    def action_copy(self) -> None:
        """Send the text to the terminal's clipboard (OSC 52)."""
        if self._copy:
            self.app.copy_to_clipboard(self._copy)
            self.query_one("#dialog-hint", Static).update(
                "Copied, where the terminal allows it (OSC 52). Esc goes back"
            )


def quit_dialog(paused: bool = False) -> PickOne:
    """What shall become of the run that trains or is paused, when the app is left."""
    back = "tui-trainer attach comes back to it"
    options = [
        Option(LEAVE_PAUSED if paused else LEAVE, f"it waits; {back}" if paused else f"it goes on by itself; {back}"),
        Option(SAVE, "a checkpoint is written first; the run can be resumed"),
        Option(DROP, "the run ends where it was last saved"),
        Option(CANCEL, "stay here"),
    ]
    state = "is paused" if paused else "is training"
    return PickOne(f"A run {state}. What shall become of it?", options, options[0].name)


def help_text(groups: dict[str, list[Command]], extra: tuple[tuple[str, str], ...], marks: Marks) -> Content:
    """All keys that do something now, by where they hold."""
    lines: list[Content] = []
    for group, commands in groups.items():
        lines += [Content(""), Content.styled(group, "bold $primary")]
        lines += [_line(marks.keys(command.shown_key), command.help) for command in commands]
    lines += [Content(""), Content.styled("Moving about", "bold $primary")]
    lines += [_line(marks.keys(key), words) for key, words in extra]
    return Content("\n").join(lines[1:])


def _line(key: str, words: str) -> Content:
    rows = wrap(words, HELP_WIDTH)
    text = "\n".join([rows[0], *(f"{'':<12}{row}" for row in rows[1:])])
    return Content.assemble((f"  {key:<9} ", "bold $footer-key-foreground"), (text, "$foreground"))


def grouped(offers: Any) -> dict[str, list[Command]]:
    """Commands by the name of their group, in the order in which they come."""
    groups: dict[str, list[Command]] = {}
    for group, _, command in offers:
        groups.setdefault(group, []).append(command)
    return groups
