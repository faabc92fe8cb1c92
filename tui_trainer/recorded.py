"""Finds what a run recorded of its layers at an epoch, without reading its whole history again and again."""

import re
from pathlib import Path

from tui_trainer.events import Inspected
from tui_trainer.lines import from_line

_HEAD = re.compile(rb'\{"kind":"inspected",.{0,60}?"epoch":(\d+),')
PIECE = 1 << 22  # bytes read at a time


class RecordedInspections:
    """An index of `metrics.jsonl`, brought up to date at each question: where the line of each epoch begins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[int, int] = {}
        self._read = 0  # bytes that are indexed

    def at(self, epoch: int) -> Inspected | None:
        """What was measured at the end of an epoch, or None where nothing was."""
        try:
            self._index()
            if epoch not in self._places:
                return None
            with self._path.open("rb") as file:
                file.seek(self._places[epoch])
                event = from_line(file.readline())
        except OSError:
            return None
        return event if isinstance(event, Inspected) and event.epoch == epoch else None

    def _index(self) -> None:
        with self._path.open("rb") as file:
            if file.seek(0, 2) < self._read:  # a resumed run has cut its metrics back
                self._places, self._read = {}, 0
            file.seek(self._read)
            while data := file.read(PIECE):
                whole = data[: data.rfind(b"\n") + 1]
                if not whole:
                    break
                self._note(whole)
                self._read += len(whole)
                file.seek(self._read)

    def _note(self, lines: bytes) -> None:
        place = self._read
        for line in lines.splitlines(keepends=True):
            if found := _HEAD.match(line):
                self._places[int(found[1])] = place
            place += len(line)
