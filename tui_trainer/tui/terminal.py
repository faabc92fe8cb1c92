"""What the terminal can do, and how it is left as it was found."""

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Generator, Mapping
from typing import Any, TextIO, cast

HANGUP = 1  # SIGHUP's number, which not every system has


def refusal() -> str | None:
    """Why the app cannot run on this terminal, in a sentence, or None."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "the app needs a terminal; use --batch to train without one"
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        return "TERM=dumb cannot move its cursor; use --batch, or set TERM to what your terminal is"
    return None


def ascii_only(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the locale has no Unicode.

    Python itself sets LC_CTYPE to C.UTF-8 when it finds the C locale (PEP 538), so that value says
    nothing where LANG says C.
    """
    if environ.get("LC_ALL"):
        return not _unicode(environ["LC_ALL"])
    character_type, language = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
    coerced = character_type == "C.UTF-8" and language in ("C", "POSIX")
    return coerced or not _unicode(character_type or language)


def _unicode(locale: str) -> bool:
    return "utf" in locale.lower()


def gone() -> bool:
    """Whether the terminal was closed. Where it does not control this process, no SIGHUP says so."""
    try:
        asked = select.poll()
        asked.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in asked.poll(0))
    except (OSError, ValueError, AttributeError):  # no such call here, or standard input is no file
        return False


class Unbroken:
    """A stream to a terminal; what cannot be written, as the terminal is gone, goes nowhere.

    Textual writes from a thread, which an error would end: the app would then wait for it for ever.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Send what was written, if that is possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def unbroken() -> Generator[None]:
    """Within it, what Textual draws on cannot fail."""
    stream = sys.__stderr__
    sys.__stderr__ = cast(Any, stream and Unbroken(stream))
    try:
        yield
    finally:
        sys.__stderr__ = cast(Any, stream)


def on_signals(leave: Callable[[int], None]) -> None:
    """Call `leave(128 + n)` in the running loop on SIGINT, SIGTERM and SIGHUP, so that the terminal is restored."""
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            loop.add_signal_handler(number, leave, 128 + number)
