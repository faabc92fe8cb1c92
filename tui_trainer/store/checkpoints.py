"""The checkpoints of a run: publish, prune, and find the newest one that is good."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer.checkpoint import LARGEST_FILE, Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from tui_trainer.events import CheckpointSetAside
from tui_trainer.storage import disk
from tui_trainer.store.directory import RunDirectory, write_json

NAME = re.compile(r"step-(\d{9,})\.safetensors")
NEWEST_KEPT = 2


@dataclass(frozen=True)
class Found:
    """A checkpoint that was read and verified (or none), and what was wrong with newer ones."""

    name: str | None = None
    checkpoint: Checkpoint | None = None
    set_aside: tuple[CheckpointSetAside, ...] = ()


def name_of(step: int) -> str:
    """The name of the checkpoint of a step."""
    return f"step-{step:09d}.safetensors"


def step_of(name: str) -> int | None:
    """The step in a checkpoint's name, or None where it is no such name."""
    match = NAME.fullmatch(name)
    return int(match[1]) if match else None


class CheckpointStore:
    """What lies under `checkpoints/`, by name only: there is no pointer that could be wrong."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self.folder = directory.checkpoints

    def names(self) -> list[str]:
        """Names of checkpoints, newest first; nothing is read."""
        try:
            names = [entry.name for entry in self.folder.iterdir() if step_of(entry.name) is not None]
        except OSError:
            return []
        return sorted(names, key=lambda name: step_of(name) or 0, reverse=True)

    def path(self, name: str) -> Path:
        """Where a checkpoint lies."""
        return self.folder / name

    def save(self, checkpoint: Checkpoint, step: int) -> str:
        """Publish a state; its name."""
        name = name_of(step)
        write_checkpoint(self.path(name), checkpoint)
        return name

    def tidy(self, about: Mapping[str, Any], keep: Callable[[int], bool]) -> None:
        """After a save: name the best in `best.json`, and prune. `OSError` costs no state, only room or a name.

        The newest two, the best by the newest's own description, and those whose step `keep` names stay.
        """
        best = about.get("best") or {}
        step = best.get("step")
        name = None if step is None else name_of(step)
        if name and self.best_name() != name and self.path(name).is_file():
            write_json(self._directory.best, {"name": name, **best})
        for old in self.names()[NEWEST_KEPT:]:
            if old != name and not keep(step_of(old) or 0):
                disk.unlink(self.path(old))

    def best_name(self) -> str | None:
        """The best checkpoint, read from `best.json`; None where that is missing or names nothing that is there."""
        try:
            name = json.loads(self._directory.best.read_bytes())["name"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return name if isinstance(name, str) and step_of(name) is not None and self.path(name).is_file() else None

    def find(self, accept: Callable[[Checkpoint], str | None], limit: int = LARGEST_FILE) -> Found:
        """The newest checkpoint that is whole and that `accept` has no objection to; bad ones are set aside.

        `OSError` where one that may be good cannot be read now, or a bad one cannot be renamed.
        """
        set_aside = []
        for name in self.names():
            problem, checkpoint = self._try(name, accept, limit)
            if checkpoint is not None and problem is None:
                return Found(name, checkpoint, tuple(set_aside))
            set_aside.append(self._set_aside(name, problem or ""))
        return Found(set_aside=tuple(set_aside))

    def _try(
        self, name: str, accept: Callable[[Checkpoint], str | None], limit: int
    ) -> tuple[str | None, Checkpoint | None]:
        try:
            checkpoint = read_checkpoint(self.path(name), limit)
        except CheckpointError as error:
            return str(error), None
        if checkpoint.about.get("step") != step_of(name):
            return "it is the state of another step than its name says", None
        return accept(checkpoint), checkpoint

    def _set_aside(self, name: str, reason: str) -> CheckpointSetAside:
        """Rename a bad checkpoint to the first free `corrupt-…` name; it is never deleted."""
        renamed = next(new for new in self._corrupt_names(name) if not self.path(new).exists())
        disk.replace(self.path(name), self.path(renamed))
        return CheckpointSetAside(name, renamed, reason)

    @staticmethod
    def _corrupt_names(name: str) -> Iterator[str]:
        yield f"corrupt-{name}"
        number = 2
        while True:
            yield f"corrupt-{number}-{name}"
            number += 1

    def sweep(self) -> None:
        """Remove temporary files that a crash left; only the holder of the lock may."""
        for folder in (self.folder, self._directory.path):
            for left in folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):
                    disk.unlink(left)
