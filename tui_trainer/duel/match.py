"""Runs a duel: two processes, one for each engine, that train in turns, an epoch each, and are compared."""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.interface import Array
from tui_trainer import data
from tui_trainer.checkpoint import read_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.duel.round import Measured, Round
from tui_trainer.run.start import check_engine, check_network

ENGINES = ("scratch", "pytorch")


class DuelError(RuntimeError):
    """A side could not go on: which, and why, in one line; `code` is the exit code that says so."""

    def __init__(self, engine: str, reason: str, code: int) -> None:
        super().__init__(f"{engine}: {reason}")
        self.code = code


def check(config: RunConfig, engines: Sequence[str] = ENGINES) -> None:
    """`SettingError` or `DataError` for whatever can be found wrong before a process is started."""
    surveyed = data.survey(config)
    check_network(surveyed.config, surveyed.input_shape, surveyed.classes)
    for engine in engines:
        check_engine(config.replace(engine=engine))


def duel(config: RunConfig, engines: Sequence[str] = ENGINES) -> Generator[Round]:
    """Rounds from epoch 0, the initial weights, to the last; the sides train in turns, so that neither slows the other.

    Raises what `check` raises, and `DuelError`.
    """
    check(config, engines)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        sides = [stack.enter_context(_Side(config.replace(engine=name), Path(folder))) for name in engines]
        for side in sides:
            side.answer()
        yield _compared(0, sides, {})
        for epoch in range(1, config.epochs + 1):
            measured = {side.engine: Measured(**side.train_epoch()) for side in sides}
            yield _compared(epoch, sides, measured)


class _Side:
    """The process of one engine."""

    def __init__(self, config: RunConfig, folder: Path) -> None:
        self.engine = config.engine
        self.path = folder / f"{config.engine}.safetensors"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tui_trainer.duel.side", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._say(json.dumps(config.to_mapping()))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died: its answer, or that there is none, says so
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Its next line; `DuelError` where that is an error, or where there is none."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise DuelError(self.engine, f"its process ended with code {self._process.wait()}", 1)
        found = json.loads(line)
        if "error" in found:
            raise DuelError(self.engine, str(found["error"]), int(found["code"]))
        return found

    def train_epoch(self) -> dict[str, Any]:
        """Wait for an epoch of it."""
        self._say("epoch")
        return self.answer()

    def arrays(self) -> Mapping[str, Array]:
        """Its weights and losses as they are now."""
        return read_checkpoint(self.path).tensors

    def __enter__(self) -> "_Side":
        return self

    def __exit__(self, *unused: object) -> None:
        self._process.kill()
        self._process.communicate()


def _compared(epoch: int, sides: Sequence[_Side], measured: Mapping[str, Measured]) -> Round:
    first, second = (dict(side.arrays()) for side in sides)
    losses = first.pop("losses"), second.pop("losses")
    differences = {name: largest_difference(array, second[name]) for name, array in first.items()}
    worst = max(differences, key=lambda name: differences[name])
    loss = largest_difference(*losses) if epoch else 0.0
    return Round(epoch, differences[worst], worst, loss, measured)


def largest_difference(a: Array, b: Array) -> float:
    """The largest absolute difference of two arrays of one shape; infinite where one of them is not finite."""
    difference = np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0.0)
    return float(difference) if np.isfinite(difference) else float("inf")
