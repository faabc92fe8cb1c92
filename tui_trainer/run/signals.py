"""Signals to a trainer: the first asks it to save and leave, the third leaves at once."""

import os
import signal
from types import FrameType

NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
PATIENCE = 3  # the signal that no longer waits for a save


class InterruptedLoading(BaseException):
    """A signal came before there was anything to save."""


class Signals:
    """While entered, SIGINT, SIGTERM and SIGHUP are noted in `received` instead of killing the process."""

    def __init__(self) -> None:
        self.received: int | None = None
        self.loading = False  # nothing can be lost: leave by an exception
        self._count = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Signals":
        for number in NUMBERS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *unused: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # ty: ignore[invalid-argument-type]  # as signal.signal returned it

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        self.received = self.received or number
        if self._count >= PATIENCE:
            os._exit(128 + number)
        if self.loading:
            self.loading = False
            raise InterruptedLoading
