"""The flags of a run, made from the settings: each is declared once, in `tui_trainer.config`."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tui_trainer.config import SETTINGS, RunConfig, load_file, resolve, type_of
from tui_trainer.settings import Setting

NOT_A_FLAG = ("layers",)  # a list of tables: written in a file


def _as_written(kind: type, tokens: Any) -> str:
    """The text of a flag: the settings turn it into a value, so that one place says what is wrong with it."""
    return tokens[0].value


def _whole(kind: type, tokens: Any) -> int:
    """A whole number as written; cyclopts would round 1.5."""
    text = tokens[0].value
    if not text.strip().lstrip("+-").isdecimal():
        raise ValueError(f"must be a whole number, not {text!r}")
    return int(text)


def whole(help: str) -> Parameter:
    """What there is to say of a flag that is a whole number."""
    return Parameter(help=help, converter=_whole, n_tokens=1)


def _flag(name: str, setting: Setting) -> tuple[str, Any, Any]:
    """One field of `Flags`."""
    kind = type_of(name)
    words = setting.help + (f" [{', '.join(setting.choices)}]" if setting.choices else "")
    group = setting.group.capitalize()
    if kind is bool:
        return name, Annotated[bool | None, Parameter(help=words, group=group)], None
    shown: Any = kind if kind in (int, float) else str
    return name, Annotated[shown | None, Parameter(help=words, group=group, converter=_as_written, n_tokens=1)], None


Flags = dataclasses.make_dataclass(
    "Flags", [_flag(name, setting) for name, setting in SETTINGS.items() if name not in NOT_A_FLAG], frozen=True
)
Flags.__module__ = __name__  # Python 3.11 says "types", and cyclopts then takes it for a builtin
FlagsGiven = Annotated[Flags | None, Parameter(name="*")]  # ty: ignore[invalid-type-form]  # made above


def given(flags: Any) -> dict[str, Any]:
    """The settings that the command line names."""
    values = {} if flags is None else dataclasses.asdict(flags)
    return {name: value for name, value in values.items() if value is not None}


def config_from(flags: Any, preset: str | None, file: Path | None) -> RunConfig:
    """A flag beats the file, which beats the preset, which beats the default; `SettingError`."""
    return resolve(given(flags), load_file(file) if file else None, preset)
