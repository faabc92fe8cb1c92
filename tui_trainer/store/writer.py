"""Writes what a run says into its two append-only files, and keeps in memory what the disk refuses."""

from tui_trainer.events import Event, Measurement
from tui_trainer.lines import to_line
from tui_trainer.storage import Appender
from tui_trainer.store.directory import RunDirectory


class Recorder:
    """The only writer of `metrics.jsonl` and `events.jsonl`. Lines that cannot be written now wait for the next try."""

    def __init__(self, directory: RunDirectory) -> None:
        self._metrics = Appender(directory.metrics)
        self._events = Appender(directory.events)
        self._waiting: list[tuple[Appender, bytes]] = []

    def record(self, events: list[Event]) -> OSError | None:
        """Append events, one write for each file; the error when the disk refused (they then wait)."""
        measured = b"".join(to_line(e) for e in events if isinstance(e, Measurement))
        happened = b"".join(to_line(e) for e in events if not isinstance(e, Measurement))
        self._waiting += [(a, d) for a, d in ((self._metrics, measured), (self._events, happened)) if d]
        try:
            self._flush()
        except OSError as error:
            return error
        return None

    def _flush(self) -> None:
        while self._waiting:
            appender, data = self._waiting[0]
            appender.append(data)
            self._waiting.pop(0)

    def sync(self) -> int:
        """Write what waits, make it all survive a power loss, and return the size of `metrics.jsonl`."""
        self._flush()
        self._metrics.sync()
        self._events.sync()
        return self._metrics.size

    def cut_metrics(self, size: int) -> bool:
        """Cut `metrics.jsonl` back to what a checkpoint counts on; False where it has lost some of that."""
        if self._metrics.size > size:
            self._metrics.cut(size)
        return self._metrics.size == size

    @property
    def removed(self) -> bool:
        """Whether somebody deleted the run; a disk that is away for a while is not that."""
        return self._metrics.removed and self._events.removed

    def close(self) -> None:
        """Give the files back; what still waits is lost, and was reported."""
        self._metrics.close()
        self._events.close()
