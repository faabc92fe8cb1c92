"""The runs that Curves shows together: the one that is looked at and those that are pinned, a slot for each."""

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from tui_trainer.history import History
from tui_trainer.store import RunDirectory, SchemaError
from tui_trainer.text import printable
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.trainers import Reader

SLOTS = 7  # colours and marks; behind them the pairs are mixed anew (`plot.point`)
MOST = 49  # runs at once: the pairs of a colour and a mark


def slot_of(run: str, taken: Collection[int]) -> int:
    """The colour and mark of a run: its own by its id, or the next that is free. Nothing else decides it."""
    first = zlib.crc32(run.encode("utf-8", "replace")) % SLOTS
    near = ((first + shift) % SLOTS for shift in range(SLOTS))
    return next((slot for slot in (*near, *range(SLOTS, MOST)) if slot not in taken), first)


@dataclass
class Shown:
    """A run in the overlay."""

    path: Path
    name: str  # its title, or its id where it has none
    slot: int
    reader: Reader
    hidden: bool = False

    @property
    def history(self) -> History:
        """What was read of it so far."""
        return self.reader.history


class Overlay:
    """Keeps up with the bench: which runs are shown, which are hidden, and which is shown alone."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.runs: list[Shown] = []
        self.alone: Path | None = None
        self.failed: dict[Path, str] = {}  # pinned, and why it cannot be read
        self._slots: dict[Path, int] = {}  # given when a run is first wanted, so that it matters not when it was read

    def sync(self) -> list[Path]:
        """Take in what the bench looks at and what is pinned; the paths that must be read first."""
        bench = self.bench
        looked_at = [] if bench.directory is None else [bench.directory]
        wanted = list(dict.fromkeys([*looked_at, *bench.pinned]))
        self._slots = {path: slot for path, slot in self._slots.items() if path in wanted}
        for path in wanted:
            if path not in self._slots:
                self._slots[path] = slot_of(path.name, self._slots.values())
        self.runs = [shown for shown in self.runs if shown.path in wanted]
        self.failed = {path: why for path, why in self.failed.items() if path in wanted}
        if bench.directory is not None and bench.reader is not None:
            self.take(bench.directory, bench.reader)
        self.runs.sort(key=lambda shown: wanted.index(shown.path))
        known = {shown.path for shown in self.runs}
        self.alone = self.alone if self.alone in known else None
        return [path for path in wanted if path not in known and path not in self.failed]

    def take(self, path: Path, reader: Reader) -> None:
        """Show a wanted run that was read."""
        for shown in self.runs:
            if shown.path == path:
                shown.reader = reader
                return
        self.runs.append(Shown(path, name_of(path, reader.history), self._slots[path], reader))

    def poll(self) -> bool:
        """Read what the pinned runs wrote, the bench reads its own; whether there was something."""
        others = [shown.reader for shown in self.runs if shown.reader is not self.bench.reader]
        said = [reader.poll() for reader in others]
        return any(said)

    @property
    def visible(self) -> list[Shown]:
        """Those whose curves are drawn."""
        if self.alone is not None:
            return [shown for shown in self.runs if shown.path == self.alone]
        return [shown for shown in self.runs if not shown.hidden]


def name_of(path: Path, history: History) -> str:
    """How a run is called on the screen, in visible characters."""
    try:
        title = RunDirectory(path).title()
    except SchemaError:
        title = history.config.title
    return printable(title.strip() or path.name, 60)


def turn_pins(bench: Bench, paths: Iterable[Path]) -> bool:
    """Pin runs, or let them go if all of them are pinned; whether they are pinned now."""
    chosen = list(paths)
    if all(path in bench.pinned for path in chosen):
        bench.pinned = [path for path in bench.pinned if path not in chosen]
        return False
    new = [path for path in chosen if path not in bench.pinned]
    bench.pinned = [*bench.pinned, *new][: MOST - 1]
    return True
