"""What the children of the fault tests do; it imports no pytest, so that they begin at once."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from children import Flag, redirect

from tui_trainer import data
from tui_trainer.cli.main import main
from tui_trainer.run import train_run
from tui_trainer.run.__main__ import main as trainer_main
from tui_trainer.storage import Disk, disk
from tui_trainer.store.checkpoints import name_of
from tui_trainer.training import Training

PHASES = ("loading", "training", "saving", "validating", "paused")
FIRST_EPOCH = 20  # steps


def train(path: Path) -> None:
    """Train a run; the kernel survives a SIGKILL, so nothing is gained by waiting for fsync."""
    disk.fsync = lambda descriptor: None
    sys.exit(train_run(path).code)


def run_batch(path: Path) -> int:
    return main(["resume", str(path), "--batch"])


def run_trainer(path: Path) -> int:
    sys.argv = ["tui_trainer.run", str(path)]
    return trainer_main()


ENTRIES: dict[str, Callable[[Path], int]] = {"batch": run_batch, "trainer": run_trainer}


def enter(entry: str, path: Path, phase: str, reached: Flag, go: Flag) -> None:
    """Train a run, and stand still in the chosen phase until `go`."""
    redirect(path.parent / "printed.txt")
    stand_still(phase, reached, go)
    sys.exit(ENTRIES[entry](path))


def stand_still(phase: str, reached: Flag, go: Flag) -> None:
    """Let the process wait for `go` when it first comes to the phase."""
    disk.fsync = lambda descriptor: None
    owner, name, chosen = {
        "loading": (data, "load", lambda config: True),
        "training": (Training, "_one_slice", lambda training: training.progress.step > 0),
        "saving": (disk, "replace", lambda source, target: target.name == name_of(FIRST_EPOCH)),
        "validating": (Training, "_finish_epoch", lambda training, started: True),
        "paused": (time, "sleep", lambda seconds: True),  # which a trainer does while it is paused
    }[phase]
    real = getattr(owner, name)

    def stood_still(*arguments: Any) -> Any:
        if chosen(*arguments) and not reached.is_set():
            reached.set()
            while not go.wait(0.05):  # again and again: a semaphore sleeps through a signal that comes just before it
                pass
        return real(*arguments)

    setattr(owner, name, stood_still)


def enter_on_a_full_disk(path: Path, reached: Flag, go: Flag) -> None:
    """As `enter`, and from the signal on no checkpoint can be written."""

    def write(descriptor: int, data: bytes) -> int:
        if reached.is_set() and b"__metadata__" in bytes(data[:64]):
            raise OSError(28, "No space left on device")
        return Disk.write(disk, descriptor, data)

    disk.write = write  # ty: ignore[invalid-assignment]  # a method of one object
    enter("trainer", path, "training", reached, go)


def take_part(path: Path, output: Path, go: Flag) -> None:
    """Begin to train at `go`; print how long it took to be refused."""
    redirect(output)
    go.wait()
    began = time.monotonic()
    sys.argv = ["tui_trainer.run", str(path)]
    code = trainer_main()
    print(f"{time.monotonic() - began:.3f}")
    sys.exit(code)
