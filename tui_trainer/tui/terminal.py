"""What the terminal can do, and how it is left as it was found."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping

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


def on_signals(leave: Callable[[int], None]) -> None:
    """Call `leave(128 + n)` in the running loop on SIGTERM and SIGHUP, so that the terminal is restored."""
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            loop.add_signal_handler(number, leave, 128 + number)
