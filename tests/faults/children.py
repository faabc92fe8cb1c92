"""Real processes that start quickly: forked from a server that has imported all that a trainer needs.

Importing PyTorch takes seconds; a child has it at once, and is a process of its own all the same: it can be killed.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

LONGEST = 60  # seconds until a child counts as hanging

_context = multiprocessing.get_context("forkserver")
IMPORTED = (
    "torch.fx.experimental.symbolic_shapes",
    "engines.pytorch.tape",
    "engines.pytorch.learner",
    "engines.scratch.learner",
    "tui_trainer.cli.main",
)
_context.set_forkserver_preload(list(IMPORTED))


def start(work: Callable[..., Any], *arguments: Any) -> ForkServerProcess:
    """A child that does `work`, a function of a module."""
    child = _context.Process(target=work, args=arguments, daemon=True)
    child.start()
    return child


def ended(child: ForkServerProcess) -> int:
    """Wait for a child; its exit code, negative where a signal killed it."""
    child.join(LONGEST)
    code = child.exitcode
    if code is None:
        child.kill()
        raise AssertionError(f"the child did not end in {LONGEST} s")
    return code


class Flag:
    """Something that a child and its parent can both set, once, and wait for, however many wait.

    A pipe, for what has a lock stays locked where a process that holds it is killed.
    """

    def __init__(self) -> None:
        self._read, self._write = _context.Pipe(duplex=False)

    def set(self) -> None:
        """Let everybody go who waits."""
        self._write.send_bytes(b"set")

    def is_set(self) -> bool:
        """Whether somebody has set it."""
        return self._read.poll()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set; False where that takes longer. What was sent is never read, and so stays."""
        return self._read.poll(seconds)


def redirect(output: Path) -> None:
    """Let the standard output and error of this process go to a file."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
