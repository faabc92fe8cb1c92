"""Follows a run directory as anybody may: reads what was appended since the last look and folds it into a history."""

import math
import re
from collections.abc import Callable
from pathlib import Path

from tui_trainer.events import Event, Started
from tui_trainer.history import INSPECTIONS_KEPT, History
from tui_trainer.lines import from_line
from tui_trainer.store.directory import RunDirectory
from tui_trainer.store.lock import is_alive

PIECE = 1 << 22  # bytes read at a time
LONG = 1 << 16  # bytes from which on a piece is worth the short cut for slices

# A line of a slice as our writer writes it, the most frequent by far: step, loss, error, and the loss if not finite.
_KIND = b'"kind":"slice-measured"'
_SLICE = re.compile(
    rb'\n\{"kind":"slice-measured","at":N,"epoch":\d+,"step":(\d{1,15}),"loss":(N|null),"error":(N),"seconds":N'
    rb'(?:,"nonfinite":\{"loss":"(nan|-?inf)"\})?\}(?=\n)'.replace(b"N", rb"[-+.\de]+")
)
# And the line of an epoch whose numbers are all finite: epoch, step, the five series in their order, seconds.
_EPOCH_KIND = b'"kind":"epoch-measured"'
_EPOCH = re.compile(
    rb'\n\{"kind":"epoch-measured","at":N,"epoch":(\d{1,15}),"step":(\d{1,15}),"training_loss":(N),"training_error":(N),'
    rb'"validation_loss":(N),"validation_error":(N),"learning_rate":(N),"seconds":(N)\}(?=\n)'.replace(
        b"N", rb"[-+.\de]+"
    )
)
_INSPECTED = b'{"kind":"inspected",'


class Follower:
    """New whole lines of one growing file; a torn last line waits until it is whole."""

    def __init__(self, path: Path, take: Callable[[bytes], bytes] = bytes) -> None:
        self._path = path
        self._take = take  # what it is given of a long piece, and what it leaves of it
        self.offset = 0
        self.skipped = 0  # whole lines that were no event

    def shrunk(self) -> bool:
        """Whether the file was cut back behind what was read."""
        return self._size() < self.offset

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def poll(self) -> list[Event]:
        """The events of the lines that were completed since the last call."""
        events: list[Event] = []
        while (found := self.piece()) is not None:
            events += found
        return events

    def piece(self) -> list[Event] | None:
        """The events of the next few megabytes; None where there is no new whole line."""
        if self._size() <= self.offset or (lines := self._whole_lines()) is None:
            return None
        events: list[Event] = []
        for line in lines:
            event = from_line(line)
            if event is not None:
                events.append(event)
            elif line.strip():
                self.skipped += 1
        return events

    def _whole_lines(self) -> list[bytes] | None:
        """The next lines; None where there is no whole one yet."""
        try:
            with self._path.open("rb") as file:
                file.seek(self.offset)
                data = file.read(PIECE)
        except OSError:
            return None
        end = data.rfind(b"\n") + 1
        if end == 0 and len(data) == PIECE:  # a line that never ends is garbage: step over it
            end = len(data)
        if end == 0:
            return None
        self.offset += end
        whole = self._take(data[:end]) if end > LONG else data[:end]
        return _without_old_inspections(whole.split(b"\n"))


def _without_old_inspections(lines: list[bytes]) -> list[bytes]:
    """Lines without those inspections that a history would not keep: they are long, and there can be very many."""
    where = [i for i, line in enumerate(lines) if line.startswith(_INSPECTED) and line.endswith(b"}")]
    old = set(where[:-INSPECTIONS_KEPT])
    return [line for i, line in enumerate(lines) if i not in old] if old else lines


class RunReader:
    """The history of a run, live or over. `poll` brings it up to date; after a resume it is folded anew."""

    def __init__(self, directory: RunDirectory | Path) -> None:
        self.directory = directory if isinstance(directory, RunDirectory) else RunDirectory(directory)
        self.about = self.directory.read()
        self._config = self.directory.config()
        self._begin()

    def _begin(self) -> None:
        self._metrics = Follower(self.directory.metrics, self._take_slices)
        self._events = Follower(self.directory.events)
        self.history = History(self._config, int(self.about["steps_per_epoch"]), self.directory.id)
        self._looked = False

    @property
    def skipped(self) -> int:
        """Lines that could not be read."""
        return self._metrics.skipped + self._events.skipped

    @property
    def alive(self) -> bool:
        """Whether a trainer holds the run now."""
        return is_alive(self.directory)

    @property
    def gone(self) -> bool:
        """Whether somebody removed the run; what was read of it stays."""
        return not self.directory.path.exists()

    def poll(self) -> bool:
        """Fold in what is new; True when there was something."""
        happened = self._events.poll()
        restarted = self.history.pid is not None and any(isinstance(event, Started) for event in happened)
        if self._looked and (restarted or self._metrics.shrunk()):
            if self.gone:
                return False
            self._begin()
            happened = self._events.poll()
        self._looked = True
        heard = bool(happened)
        while (piece := self._metrics.piece()) is not None:  # folded now, for the slices of the next come first
            heard = heard or bool(piece)
            until = piece[-1].at if piece else -math.inf
            self._fold([*piece, *(event for event in happened if event.at <= until)])
            happened = [event for event in happened if event.at > until]
        self._fold(happened)
        return heard

    def _fold(self, events: list[Event]) -> None:
        for event in sorted(events, key=lambda event: event.at):
            self.history.add(event)

    def _take_slices(self, piece: bytes) -> bytes:
        """Fold the lines of slices but the last straight into the curves; the other lines."""
        end = piece.rfind(b"\n{" + _KIND) + 1
        parts = _SLICE.split(b"\n" + piece[:end])  # other lines, step, loss, error, not finite, other lines, …
        rest = b"".join(parts[::5])
        if self.history.steps_per_epoch < 1 or end == 0 or _KIND in rest:
            return piece  # one by one, as a slice that is written otherwise has its place among them
        values = zip(parts[2::5], parts[4::5], strict=True)
        try:
            losses = [float(loss) if loss != b"null" else float(note or b"nan") for loss, note in values]
            errors = list(map(float, parts[3::5]))
        except ValueError:  # digits and signs that are no number
            return piece
        self.history.add_slices(list(map(int, parts[1::5])), losses, errors)
        return self._take_epochs(rest) + piece[end:]

    def _take_epochs(self, lines: bytes) -> bytes:
        """The same for the lines of epochs: all of them, or none; the other lines."""
        parts = _EPOCH.split(lines)  # other lines, epoch, step, five values, seconds, other lines, …
        rest = b"".join(parts[::9])
        if len(parts) == 1 or _EPOCH_KIND in rest:
            return lines
        try:
            columns = [list(map(float, parts[place::9])) for place in range(3, 9)]
        except ValueError:
            return lines
        epochs, steps = (list(map(int, parts[place::9])) for place in (1, 2))
        self.history.add_epochs(epochs, steps, columns[:-1], columns[-1])
        return rest

    def read(self) -> History:
        """The history as it is written now."""
        self.poll()
        return self.history

    def judge(self) -> History:
        """The same, but of a run that has neither an end nor a trainer any more it says so: it was interrupted."""
        self.poll()
        if not self.history.ended and not self.alive:
            self.history.status = "interrupted"
        return self.history
