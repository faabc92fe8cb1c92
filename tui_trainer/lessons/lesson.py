"""Reads lessons: TOML between two lines of `+++`, then Markdown in four sections."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer.config import RunConfig, resolve
from tui_trainer.settings import SettingError
from tui_trainer.text import printable

STAGES = ("Question", "Prediction", "Run", "What happened")  # the sections, in this order
LARGEST = 200_000  # bytes of a file
MOST_RUNS, MOST_CHOICES = 6, 9
_VALUE = re.compile(r"\{(\d)\.([a-z_]+)\}")


class LessonError(ValueError):
    """A file that is no lesson: which, and in one line what it lacks."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{printable(path.name)}: {printable(reason)}")


@dataclass(frozen=True)
class Experiment:
    """Something to run: a config under a short name, on its own engine or as a duel of both."""

    name: str
    config: RunConfig
    duel: bool = False


@dataclass(frozen=True)
class Lesson:
    """One lesson; `sections` has the Markdown of each stage."""

    path: Path
    title: str
    summary: str  # a line for the list; can be empty
    minutes: float
    choices: tuple[str, ...]  # what can be predicted
    right: int | None  # which of them it was, from 0; None where that is left to the reader
    experiments: tuple[Experiment, ...]
    watch: str  # loss or error: what the plots show
    sections: Mapping[str, str]


def folders() -> list[Path]:
    """Where lessons lie: those of the package, `$TUI_TRAINER_LESSONS` if it is set, and `./lessons`."""
    given = os.environ.get("TUI_TRAINER_LESSONS")
    return [Path(__file__).parent, *([Path(given)] if given else []), Path("lessons")]


def lessons(where: list[Path] | None = None) -> tuple[list[Lesson], list[LessonError]]:
    """All lessons in these folders, in the order of folders and file names; and what is wrong with the others."""
    found: list[Lesson] = []
    wrong: list[LessonError] = []
    for path in [path for folder in where or folders() for path in sorted(folder.glob("*.md"))]:
        if path.name.lower() == "readme.md":
            continue
        try:
            found.append(read(path))
        except LessonError as error:
            wrong.append(error)
    return found, wrong


def read(path: Path) -> Lesson:
    """The lesson in a file; `LessonError`."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise LessonError(path, f"is no file, or has more than {LARGEST:,} bytes")
        return parse(path.read_text("utf-8"), path)
    except OSError as error:
        raise LessonError(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise LessonError(path, "is not UTF-8 text") from None


def parse(text: str, path: Path) -> Lesson:
    """The lesson in a text; `LessonError` names what is missing or cannot be."""
    parts = re.split(r"^\+\+\+[ \t]*$", text.replace("\r\n", "\n"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise LessonError(path, "must begin with TOML between two lines of +++")
    try:
        head = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise LessonError(path, f"its head is not TOML: {error}") from None
    choices = _choices(head, path)
    return Lesson(
        path=path,
        title=_text(head, "title", path),
        summary=str(head.get("summary", "")),
        minutes=float(head["minutes"]) if isinstance(head.get("minutes"), int | float) else 5.0,
        choices=choices,
        right=_right(head, choices, path),
        experiments=_experiments(head, path),
        watch=_watch(head, path),
        sections=_sections(parts[2], path),
    )


def _text(table: Mapping[str, Any], name: str, path: Path) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise LessonError(path, f'its head lacks {name} = "…"')
    return value.strip()


def _choices(head: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    found = head.get("choices")
    if not isinstance(found, list) or not 2 <= len(found) <= MOST_CHOICES or not all(isinstance(c, str) for c in found):
        raise LessonError(path, f"choices must be a list of 2 to {MOST_CHOICES} texts")
    return tuple(found)


def _right(head: Mapping[str, Any], choices: tuple[str, ...], path: Path) -> int | None:
    found = head.get("right")
    if found is None:
        return None
    if not isinstance(found, int) or not 1 <= found <= len(choices):
        raise LessonError(path, f"right must be a number from 1 to {len(choices)}")
    return found - 1


def _watch(head: Mapping[str, Any], path: Path) -> str:
    found = head.get("watch", "loss")
    if found not in ("loss", "error"):
        raise LessonError(path, "watch must be loss or error")
    return found


def _experiments(head: Mapping[str, Any], path: Path) -> tuple[Experiment, ...]:
    tables = head.get("runs")
    if not isinstance(tables, list) or not 1 <= len(tables) <= MOST_RUNS:
        raise LessonError(path, f"its head wants from 1 to {MOST_RUNS} [[runs]] tables")
    return tuple(_experiment(table, path) for table in tables)


def _experiment(table: Any, path: Path) -> Experiment:
    if not isinstance(table, dict):
        raise LessonError(path, "each of runs must be a table")
    settings = {key: value for key, value in table.items() if key not in ("name", "duel")}
    name = _text(table, "name", path)
    try:
        config = resolve({}, settings)
        return Experiment(name, config.replace(title=config.title or name), table.get("duel") is True)
    except SettingError as error:
        raise LessonError(path, str(error)) from None


def _sections(body: str, path: Path) -> dict[str, str]:
    parts = re.split(r"^# +(.+?)[ \t]*$", body, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    if tuple(found) != STAGES:
        raise LessonError(path, f"wants these headings in this order: {', '.join(f'# {stage}' for stage in STAGES)}")
    return found


def fill(markdown: str, values: Mapping[int, Mapping[str, str]]) -> str:
    """The text with `{1.validation_accuracy}` and the like filled in; a dash where a run has no such value."""
    return _VALUE.sub(lambda match: values.get(int(match[1]), {}).get(match[2], "–"), markdown)
