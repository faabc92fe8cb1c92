"""Words to the terminal: errors in one line on stderr, results on stdout, never a control character."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui_trainer.text import printable


def fail(message: str, code: int) -> int:
    """Say in one line what was wrong; the exit code to leave with."""
    print(f"tui-trainer: {printable(message)}", file=sys.stderr)
    return code


def warn(message: str) -> None:
    """Something beside the result that a person should know, in one line on stderr."""
    print(printable(message), file=sys.stderr)


def say(text: str = "") -> None:
    """One line of a result."""
    print(printable(text))


def has_terminal() -> bool:
    """Whether a person can see and type."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """One JSON value on stdout and nothing else; strict."""
    print(json.dumps(value, allow_nan=False))


def runs_folder(given: Path | None) -> Path:
    """Where runs lie: what was given, else `$TUI_TRAINER_RUNS`, else `./runs`."""
    return given or Path(os.environ.get("TUI_TRAINER_RUNS") or "runs")
