"""What the children at a terminal do; it imports no pytest, so that they begin at once."""

import fcntl
import os
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tui_trainer.cli.main import main
from tui_trainer.run.__main__ import main as trainer_main
from tui_trainer.tui import preferences
from tui_trainer.tui.panels.progress import Progress


def in_terminal(device: str, work: Callable[..., Any], *arguments: Any) -> None:
    """Do some work in a session of its own that a terminal controls."""
    os.setsid()
    descriptor = os.open(device, os.O_RDWR)
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
    for number, mode in ((0, "r"), (1, "w"), (2, "w")):
        os.dup2(descriptor, number)
        stream = os.fdopen(number, mode, closefd=False)
        name = ("stdin", "stdout", "stderr")[number]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    work(*arguments)


def attach(path: Path) -> None:
    """The app on a run."""
    preferences.default_path = lambda: path.parent / "app.json"  # ty: ignore[invalid-assignment]  # not the user's own
    sys.exit(main(["attach", str(path), "--runs", str(path.parent)]))


def attach_and_fail(path: Path) -> None:
    """The same, with a panel that raises when it has been drawn a few times."""
    real, drawn = Progress.render, []

    def fail(panel: Progress) -> Any:
        drawn.append(panel)
        if len(drawn) > 3:
            raise RuntimeError("a fault that was put here on purpose")
        return real(panel)

    Progress.render = fail  # ty: ignore[invalid-assignment]  # the same, and then it fails
    attach(path)


def batch(path: Path) -> None:
    """`resume --batch` on a run."""
    sys.exit(main(["resume", str(path), "--batch"]))


def trainer(path: Path) -> None:
    """The trainer's process, detached as `launch` does."""
    os.setsid()
    sys.argv = ["tui_trainer.run", str(path)]
    sys.exit(trainer_main())
