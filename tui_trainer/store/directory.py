"""The names of a run's files, and `run.json`, which says what the run is."""

import contextlib
import json
import secrets
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer.config import RunConfig
from tui_trainer.settings import SettingError
from tui_trainer.storage import make_directory, make_folder, publish

SCHEMA = (1, 0)
HAS = {"id": str, "config": dict, "steps_per_epoch": int, "data": list, "versions": dict, "parent": dict | None}


class SchemaError(ValueError):
    """A directory that is no run, or one that a newer version wrote; says which in one line."""


@dataclass(frozen=True)
class RunDirectory:
    """Where each file of a run lies. Making this object touches no file."""

    path: Path

    @property
    def id(self) -> str:
        """The directory's name."""
        return self.path.name

    @property
    def about(self) -> Path:
        """What the run is; written once."""
        return self.path / "run.json"

    @property
    def metrics(self) -> Path:
        """What was measured; append-only, cut back on resume."""
        return self.path / "metrics.jsonl"

    @property
    def events(self) -> Path:
        """What happened; append-only."""
        return self.path / "events.jsonl"

    @property
    def requests(self) -> Path:
        """What viewers asked for; append-only."""
        return self.path / "requests.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The folder of complete states."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """Which checkpoint is the best; derived."""
        return self.path / "best.json"

    @property
    def summary(self) -> Path:
        """Accuracies and times; derived."""
        return self.path / "summary.json"

    @property
    def log(self) -> Path:
        """What the trainer printed."""
        return self.path / "trainer.log"

    @property
    def lock(self) -> Path:
        """Locked while a trainer lives."""
        return self.path / ".lock"

    @property
    def label(self) -> Path:
        """The name that a person gave it later; replaced atomically, absent at first."""
        return self.path / "label.json"

    def read(self) -> dict[str, Any]:
        """`run.json`; `SchemaError` when it is none, or is of a newer major version."""
        try:
            about = json.loads(self.about.read_bytes())
            major, minor = map(int, about["schema"])
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise SchemaError(f"{self.path} is not a run: it has no readable run.json") from None
        if major > SCHEMA[0]:
            raise SchemaError(
                f"{self.path} was written by a newer tui-trainer (schema {major}.{minor}); this one reads {SCHEMA[0]}.x"
            )
        if odd := [name for name, kind in HAS.items() if not isinstance(about.get(name), kind)]:
            raise SchemaError(f"{self.about} is not that of a run: {', '.join(odd)} cannot be so")
        return about

    def config(self) -> RunConfig:
        """The config in `run.json`; settings that only a newer version knows are refused by `SchemaError`."""
        try:
            return RunConfig.from_mapping(self.read()["config"])
        except SettingError as error:
            raise SchemaError(f"{self.about}: {error}") from None

    def title(self) -> str:
        """The name given by a person, at the start or later; can be empty."""
        try:
            return str(json.loads(self.label.read_bytes())["title"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return str(self.read().get("title", ""))

    def rename(self, title: str) -> None:
        """Give the run another title; the directory keeps its name."""
        write_json(self.label, {"title": title})


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Publish a JSON file, strict and readable."""
    publish(path, [json.dumps(value, indent=2, allow_nan=False).encode() + b"\n"])


def new_id() -> str:
    """A name made by us: the time, and four characters of chance."""
    alphabet = string.ascii_lowercase + string.digits
    chance = "".join(secrets.choice(alphabet) for _ in range(4))
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{chance}"


def make_run(
    runs: Path, describe: Mapping[str, Any], begin: Callable[[RunDirectory], None] = lambda directory: None
) -> RunDirectory:
    """Make a new run directory under `runs`; `OSError` when the disk refuses.

    `begin` writes what else it is to have: with `run.json`, which comes last, it is a run, and a whole one.
    """
    make_folder(runs)
    while True:
        directory = RunDirectory(runs / new_id())
        try:
            make_directory(directory.path)
            break
        except FileExistsError:
            continue
    make_directory(directory.checkpoints)
    begin(directory)
    write_json(directory.about, {"schema": list(SCHEMA), "id": directory.id, **describe})
    return directory


def list_runs(runs: Path) -> list[RunDirectory]:
    """Every run under `runs`, newest first; what is not a run is passed over. Reads no file."""
    try:
        names = [entry for entry in runs.iterdir() if (entry / "run.json").is_file()]
    except OSError:
        return []
    return [RunDirectory(path) for path in sorted(names, key=lambda p: p.name, reverse=True)]


def find_run(text: str | None, runs: Path) -> RunDirectory:
    """The run that a person means: a path, an id or the start of one, or (None) the newest; else `SchemaError`."""
    if text is None:
        found = list_runs(runs)
        if not found:
            raise SchemaError(f"there are no runs under {runs}")
        return found[0]
    with contextlib.suppress(OSError, ValueError):  # too long for a path, or with a NUL
        path = Path(text)
        if (path / "run.json").is_file():
            return RunDirectory(path if path.name not in ("", "..") else path.resolve())  # its name is the run's id
    matching = [run for run in list_runs(runs) if run.id.startswith(text)]
    exact = [run for run in matching if run.id == text] or matching
    if len(exact) != 1:
        word = "no run" if not exact else f"{len(exact)} runs"
        raise SchemaError(f"{text!r} names {word} under {runs}: `tui-trainer runs` lists them")
    return exact[0]
