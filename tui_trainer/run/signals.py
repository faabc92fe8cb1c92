"""Signals to a trainer: the first asks it to save and leave, the third leaves at once."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
PATIENCE = 3  # the signal that no longer waits for a save


class InterruptedLoading(BaseException):
    """A signal came before there was anything to save."""


class Signals:
    """While entered, SIGINT, SIGTERM and SIGHUP are noted in `received` instead of killing the process."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._interruptible = False
        self._count = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Signals":
        for number in NUMBERS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *unused: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # ty: ignore[invalid-argument-type]  # as signal.signal returned it

    @contextmanager
    def interruptible(self) -> Generator[None]:
        """Within it there is nothing to lose: a signal leaves it at once, by `InterruptedLoading`."""
        self._interruptible = True
        try:
            if self.received:
                raise InterruptedLoading
            yield
        finally:
            self._interruptible = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        self.received = self.received or number
        if self._count >= PATIENCE:
            os._exit(128 + number)
        if self._interruptible:
            self._interruptible = False
            raise InterruptedLoading
