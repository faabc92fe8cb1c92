"""A model of a power loss: what is on a disk when all that was not made to last is gone, wholly or in part.

POSIX promises of a file only what was written before its fsync, and of a name only what stood in its directory
before that was fsynced. Which part of the rest survives is anybody's guess, so the model guesses all of it:

- `nothing`: neither data nor names that were not fsynced
- `names`: every rename, new name and removal, but no data (a renamed file without its contents)
- `data`: all data, but no names
- `removals`: of the names, the removals alone
- `half`: all names, and of the data that were not fsynced the first half (a torn end)
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faulty_disk import Call

VARIANTS = ("nothing", "names", "data", "removals", "half")

State = dict[Path, bytes | None]  # a file's contents, or None for a directory


@dataclass
class File:
    """One file, under whatever names: what is safe of it, and what was written."""

    safe: bytes = b""
    written: bytes = b""


@dataclass
class Folder:
    """The names in one directory: those that are safe, and those that stand there; None is a directory."""

    safe: dict[str, File | None] = field(default_factory=dict)
    stands: dict[str, File | None] = field(default_factory=dict)


class PowerLoss:
    """Follows every call that goes to the disk below `root`, and says what a power loss after it would leave."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders: dict[Path, Folder] = {}
        self.after_each: list[Callable[[Call], None]] = []
        self._opened: dict[Path, File] = {}  # under the name that they were opened by
        self._know(root)

    def _know(self, path: Path) -> None:
        """All that is there at the beginning is safe."""
        folder = self.folders[path] = Folder()
        for entry in path.iterdir():
            if entry.is_dir():
                folder.stands[entry.name] = None
                self._know(entry)
            else:
                data = entry.read_bytes()
                folder.stands[entry.name] = File(data, data)
        folder.safe = dict(folder.stands)

    def __call__(self, call: Call, do: Callable[[], Any]) -> Any:
        """A hook for `hooked`: do the call, and note what it changes."""
        result = None if call.method == "fsync" else do()
        if self.root in (call.path, *call.path.parents):
            getattr(self, f"_{call.method}")(call)
        for look in self.after_each:
            look(call)
        return result

    def _open(self, call: Call) -> None:
        flags = call.arguments[1]
        if flags & os.O_CREAT:
            file = self.folders[call.path.parent].stands.setdefault(call.path.name, File())
            assert file is not None
            self._opened[call.path] = file
            self._write(call)

    def _write(self, call: Call) -> None:
        self._opened[call.path].written = call.path.read_bytes()

    _truncate = _write

    def _fsync(self, call: Call) -> None:
        if call.path in self.folders:
            self.folders[call.path].safe = dict(self.folders[call.path].stands)
        else:
            file = self._opened[call.path]
            file.safe = file.written

    def _replace(self, call: Call) -> None:
        source, target = call.arguments
        self.folders[target.parent].stands[target.name] = self.folders[source.parent].stands.pop(source.name)

    def _unlink(self, call: Call) -> None:
        del self.folders[call.path.parent].stands[call.path.name]

    def _mkdir(self, call: Call) -> None:
        self.folders[call.path.parent].stands[call.path.name] = None
        self.folders[call.path] = Folder()

    def left(self, variant: str) -> State:
        """What is on the disk after a power loss now, by path below the root."""
        state: State = {}
        self._collect(self.root, Path(), variant, state)
        return state

    def _collect(self, path: Path, below: Path, variant: str, state: State) -> None:
        folder = self.folders[path]
        names = folder.stands if variant in ("names", "half") else folder.safe
        if variant == "removals":
            names = {name: file for name, file in folder.safe.items() if name in folder.stands}
        for name, file in names.items():
            if file is None:
                state[below / name] = None
                self._collect(path / name, below / name, variant, state)
            else:
                state[below / name] = _contents(file, variant)


def _contents(file: File, variant: str) -> bytes:
    if variant == "data":
        return file.written
    if variant == "half" and file.written.startswith(file.safe):
        return file.written[: (len(file.safe) + len(file.written) + 1) // 2]
    return file.safe


def lay_out(state: State, path: Path) -> Path:
    """Write a state to a new directory."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    for name, contents in sorted(state.items()):
        if contents is None:
            (path / name).mkdir()
        else:
            (path / name).write_bytes(contents)
    return path


class States:
    """Collects every different state that a power loss could leave, with what had been promised by then."""

    def __init__(self, disk: PowerLoss, promised: Callable[[], Any]) -> None:
        self.found: list[tuple[str, State, Any]] = []
        self._disk, self._promised = disk, promised
        self._seen: set[int] = set()
        disk.after_each.append(self._look)

    def _look(self, call: Call) -> None:
        for variant in VARIANTS:
            state, promised = self._disk.left(variant), self._promised()
            key = hash((frozenset(state.items()), repr(promised)))
            if key not in self._seen:
                self._seen.add(key)
                self.found.append((f"{variant} after {call.method} {call.path.name}", state, promised))
