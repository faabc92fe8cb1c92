"""A disk that fails or dies at a chosen call: every change of a run directory goes through `storage.disk`."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer.storage import Disk, disk

METHODS = ("open", "write", "fsync", "replace", "unlink", "truncate", "mkdir")


class Died(BaseException):
    """The process is gone: nothing of it runs any more, not even its handlers of exceptions."""


@dataclass(frozen=True)
class Call:
    """One system call: which in the order of calls, its method, and what it was about."""

    number: int
    method: str
    path: Path
    arguments: tuple[Any, ...]


Hook = Callable[[Call, Callable[[], Any]], Any]


@contextmanager
def hooked(hook: Hook) -> Generator[None]:
    """Within it, `hook(call, do)` stands in the place of every call; `do()` does it."""
    calls, opened = 0, {}

    def through(method: str, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        first = arguments[0]
        call = Call(calls - 1, method, opened.get(first, Path()) if isinstance(first, int) else first, arguments)
        result = hook(call, lambda: getattr(Disk, method)(disk, *arguments))
        if method == "open":
            opened[result] = first
        return result

    for method in METHODS:
        setattr(disk, method, lambda *arguments, method=method: through(method, *arguments))
    try:
        yield
    finally:
        for method in METHODS:
            delattr(disk, method)


def without_waiting(call: Call, do: Callable[[], Any]) -> Any:
    """Do a call; but for an fsync, which matters to a power loss only, and takes long."""
    return None if call.method == "fsync" else do()


def counted(work: Callable[[], Any]) -> list[Call]:
    """All the calls that some work makes."""
    calls: list[Call] = []

    def note(call: Call, do: Callable[[], Any]) -> Any:
        calls.append(call)
        return without_waiting(call, do)

    with hooked(note):
        work()
    return calls


def dies_at(number: int, when: str) -> Hook:
    """Dies before a call, after it, or (`torn`) when half of its bytes are written."""

    def hook(call: Call, do: Callable[[], Any]) -> Any:
        if call.number < number:
            return without_waiting(call, do)
        if call.number == number and when == "after":
            without_waiting(call, do)
        if call.number == number and when == "torn":
            descriptor, data = call.arguments
            os.write(descriptor, memoryview(data)[: len(data) // 2])
        raise Died

    return hook


def refuses(chosen: Callable[[Call], bool], number: int) -> Hook:
    """Fails with an errno at the chosen calls."""

    def hook(call: Call, do: Callable[[], Any]) -> Any:
        if chosen(call):
            raise OSError(number, os.strerror(number), str(call.path))
        return without_waiting(call, do)

    return hook
