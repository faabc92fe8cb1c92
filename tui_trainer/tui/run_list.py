"""All runs under a folder, as a list: names at once, rows as they are read, sorted and filtered."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer.clock import now
from tui_trainer.store import Overview, RunDirectory, list_runs, overview
from tui_trainer.text import printable

SCAN_SECONDS = 2.0  # between looks at which runs there are
SCAN_ANYWAY_SECONDS = 30.0  # even where the folder says that no name has come or gone
SETTLING_SECONDS = 60.0  # a directory becomes a run when its `run.json` is written, which its folder does not tell
AGAIN_SECONDS = 1.0  # between looks at a run that trains, or that is seen


@dataclass(frozen=True)
class Filter:
    """Words of which each must be found somewhere in a row; upper and lower case alike."""

    text: str = ""

    def keeps(self, name: str, row: Overview | None) -> bool:
        """Whether a row has all words."""
        words = self.text.lower().split()
        if not words:
            return True
        if row is None:
            return all(word in name.lower() for word in words)
        facts = (row.title, name, row.state, row.engine, row.network, row.optimizer, f"{row.learning_rate:g}")
        text = " ".join(facts).lower()
        return all(word in text for word in words)


class RunList:
    """What is known of the runs under a folder. `scan` and `read` are for a thread; all else for the screen."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self.names: list[str] = []  # newest first
        self.rows: dict[str, Overview] = {}
        self.broken: dict[str, str] = {}  # name → why it cannot be read
        self.marked: set[str] = set()
        self.filter = Filter()
        self.key: Callable[[Overview], Any] | None = None  # what is sorted by; None is newest first
        self.falling = False
        self.scanned = False
        self._clock = clock
        self._scanned_at = -math.inf
        self._quiet: int | None = None
        self._read_at: dict[str, float] = {}
        self._next = 0  # place in `names` from which on there may be unread ones

    def path(self, name: str) -> Path:
        """Where a run lies."""
        return self.folder / name

    # -- for the thread ------------------------------------------------------

    def work(self, seen: Iterable[str], seconds: float) -> bool:
        """Look and read for at most so long, those that are seen first; whether anything may be different."""
        end = self._clock() + seconds
        changed = self._scan()
        for name in self._due(list(seen)):
            changed = self._read(name) or changed
            if self._clock() > end:
                break
        return changed

    def _scan(self) -> bool:
        if self._clock() - self._scanned_at < SCAN_SECONDS:
            return False
        quiet = _quiet_since(self.folder)
        if quiet is not None and quiet == self._quiet and self._clock() - self._scanned_at < SCAN_ANYWAY_SECONDS:
            return False
        self._quiet = quiet
        names = [directory.id for directory in list_runs(self.folder)]
        self._scanned_at = self._clock()
        changed, self.scanned = names != self.names or not self.scanned, True
        if changed:
            there = set(names)
            for known in (self.rows, self.broken, self._read_at):
                for gone in [name for name in known if name not in there]:
                    del known[gone]
            self.marked &= there
            self.names, self._next = names, 0
        return changed

    def _due(self, seen: list[str]) -> Iterable[str]:
        """What to read now: what is seen or alive and was not read of late, and then what was never read."""
        time_now, there = self._clock(), set(self.names)
        moving = [name for name, row in list(self.rows.items()) if row.alive]
        for name in dict.fromkeys([*seen, *moving]):
            if name in there and time_now - self._read_at.get(name, -math.inf) >= AGAIN_SECONDS:
                yield name
        names = self.names
        while self._next < len(names):
            if names[self._next] not in self._read_at:
                yield names[self._next]
            self._next += 1

    def _read(self, name: str) -> bool:
        """Read one run; whether it is another than it was."""
        self._read_at[name] = self._clock()
        before = self.rows.get(name), self.broken.get(name)
        try:
            self.rows[name] = overview(RunDirectory(self.path(name)))
            self.broken.pop(name, None)
        except Exception as error:  # whatever is wrong with a directory is a row here, and not the end of the app
            from tui_trainer.run.outcome import one_line

            self.broken[name] = printable(one_line(error))
            self.rows.pop(name, None)
        return before != (self.rows.get(name), self.broken.get(name))

    def forget(self, name: str) -> None:
        """A run is another one now, or gone: look again soon."""
        self._read_at.pop(name, None)
        self._scanned_at, self._next = -math.inf, 0

    # -- for the screen ------------------------------------------------------

    def order(self) -> list[str]:
        """The names that pass the filter, sorted; those that were not read yet come last."""
        rows, key = self.rows, self.key
        names = [name for name in self.names if self.filter.keeps(name, rows.get(name))]
        if key is None:
            return names[::-1] if self.falling else names
        values = {name: key(row) for name in names if (row := rows.get(name))}
        first = sorted((name for name, value in values.items() if value is not None), key=values.__getitem__)
        first = first[::-1] if self.falling else first
        known = set(first)
        return [*first, *(name for name in names if name not in known)]

    @property
    def unread(self) -> int:
        """How many rows are not known yet."""
        return len(self.names) - len(self.rows) - len(self.broken)

    @property
    def alive(self) -> int:
        """How many are being trained, of those that were read."""
        return sum(row.alive for row in list(self.rows.values()))


def _quiet_since(folder: Path) -> int | None:
    """When a name came or went last; None while that is so recent that a new directory may not be a run yet."""
    try:
        changed = folder.stat().st_mtime_ns
    except OSError:
        return None
    return changed if now() - changed / 1e9 > SETTLING_SECONDS else None
