"""A command is declared once: its key, the footer's label and the help's sentence come from the same line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

if TYPE_CHECKING:
    from textual.app import App


@dataclass(frozen=True)
class Command:
    """Something that a user can do: `key` in Textual's names (several by comma), `action` as in `action_…`."""

    key: str
    action: str
    label: str  # a word or two, for the footer
    help: str  # a sentence, for `?` and the palette
    footer: bool = True  # the help and the palette always show it
    shown: str = ""  # how the key is written, where Textual's name will not do

    @property
    def shown_key(self) -> str:
        """The first key as people write it."""
        return self.shown or _WRITTEN.get(self.key.split(",")[0], self.key.split(",")[0].replace("ctrl+", "^"))


_WRITTEN = {"question_mark": "?", "space": "space", "left_square_bracket": "[", "right_square_bracket": "]"}


def bindings(commands: Iterable[Command]) -> list[Any]:
    """Textual's bindings for a table of commands."""
    return [Binding(c.key, c.action, c.label, show=c.footer, key_display=c.shown_key) for c in commands]


def commands_of(owner: Any) -> tuple[Command, ...]:
    """The commands that an app or a screen declares, those of its base classes last."""
    tables = [vars(cls).get("KEYS", ()) for cls in type(owner).__mro__]
    return tuple(command for table in tables for command in table)


def offered(app: "App[Any]", screen: Any = None) -> Iterator[tuple[str, Any, Command]]:
    """What can be done now, on a screen (the one that is seen) and everywhere: (group, owner, command)."""
    screen = screen or app.screen
    for group, owner in ((getattr(screen, "NAME", ""), screen), ("Everywhere", app)):
        for command in commands_of(owner):
            name, arguments = _parts(command.action)
            if owner.check_action(name, arguments):
                yield group, owner, command


def _parts(action: str) -> tuple[str, tuple[object, ...]]:
    name, _, rest = action.partition("(")
    return name, (rest.rstrip(")").strip("'\""),) if rest else ()
