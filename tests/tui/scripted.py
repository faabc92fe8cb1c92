"""A scripted trainer and a clock that stands still: the app is tested without training anything."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tui_trainer.config import RunConfig, resolve
from tui_trainer.events import (
    CheckpointSaved,
    Ended,
    EpochMeasured,
    Event,
    FindingMade,
    Loading,
    SliceMeasured,
    Started,
)
from tui_trainer.history import History
from tui_trainer.settings import SettingError
from tui_trainer.tui.trainers import Trainers

STEPS = 937  # per epoch
T0 = 1_700_000_000.0
RUN = Path("runs/20261123-154211-k3f9")


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: float = T0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class ScriptedReader:
    """Reads what a test says."""

    def __init__(self, config: RunConfig, events: Iterable[Event] = (), *, alive: bool = True) -> None:
        self.history = History(config, STEPS, RUN.name)
        self.alive, self.gone = alive, False
        self.waiting = list(events)

    def poll(self) -> bool:
        """Fold in what the test has said since."""
        said, self.waiting = self.waiting, []
        for event in said:
            self.history.add(event)
        return bool(said)

    def say(self, *events: Event) -> None:
        """The trainer writes these."""
        self.waiting += events


class ScriptedTrainers(Trainers):
    """Keeps what was asked; nothing is started."""

    def __init__(self, events: Iterable[Event] = (), *, missing: str = "", alive: bool = True) -> None:
        self.events, self.missing, self.alive = list(events), missing, alive
        self.reader: ScriptedReader | None = None
        self.started: list[RunConfig] = []
        self.resumed: list[Path] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.log: list[str] = ["reading the data", "\x1b[31mtorch says something\x07"]
        self.config = resolve({})

    def open(self, directory: Path) -> ScriptedReader:
        """The script."""
        self.reader = ScriptedReader(self.config, self.events, alive=self.alive)
        return self.reader

    def title(self, directory: Path) -> str:
        """That of the config."""
        return self.config.title

    def start(self, config: RunConfig, runs: Path) -> Path:
        """Only remembered."""
        self.started.append(config)
        self.config = config
        return RUN

    def resume(self, directory: Path, epochs: int | None = None) -> None:
        """Only remembered."""
        self.resumed.append(directory)
        self.alive = True

    def request(self, directory: Path, action: str, **arguments: Any) -> str:
        """Only remembered."""
        self.requests.append((action, arguments))
        return f"{len(self.requests):08x}"

    def problems(self, config: RunConfig) -> dict[str, str]:
        """The engine may be missing; MNIST has so many examples."""
        if self.missing and config.engine == "pytorch":
            return {"engine": self.missing}
        for name, there in (("train_examples", 60_000), ("validation_examples", 10_000)):
            if (getattr(config, name) or 0) > there:
                return {name: f"must be at most {there:,}, the data has no more"}
        return {}

    def log_lines(self, directory: Path, most: int = 500) -> list[str]:
        """As if it were printed."""
        return self.log

    def refuse(self, name: str, problem: str) -> None:
        """The next start fails."""

        def start(config: RunConfig, runs: Path) -> Path:
            raise SettingError(name, problem)

        self.start = start


def started(at: float = T0 + 1) -> Started:
    """The trainer begins."""
    return Started(pid=4242, host="here", at=at)


def loading(what: str = "PyTorch") -> Loading:
    """The trainer imports something."""
    return Loading(what, at=T0)


def epoch(number: int, *, loss: float | None = None) -> EpochMeasured:
    """A plausible epoch, a pure function of its number."""
    wave = 0.01 * math.sin(number * 1.7)
    value = 1.9 * math.exp(-number / 18) + 0.25 + wave if loss is None else loss
    return EpochMeasured(
        epoch=number,
        step=number * STEPS,
        training_loss=value,
        training_error=0.62 * math.exp(-number / 18) + 0.066 + wave / 4,
        validation_loss=value * 1.03 + 0.02 + wave / 2,
        validation_error=0.60 * math.exp(-number / 17) + 0.074 - wave / 3,
        learning_rate=0.01,
        seconds=number * 2.0,
        at=T0 + 1 + number * 2.0,
    )


def piece(step: int) -> SliceMeasured:
    """A plausible slice."""
    wave = 0.08 * math.sin(step * 0.37)
    value = 2.2 * math.exp(-step / 700) + 0.5 + wave
    seconds = step / STEPS * 2.0
    return SliceMeasured(step // STEPS + 1, step, value, min(1.0, value / 3), seconds, at=T0 + 1 + seconds)


def saved(number: int, best: bool = True) -> CheckpointSaved:
    """The checkpoint of an epoch."""
    step = number * STEPS
    return CheckpointSaved(f"step-{step:09d}.safetensors", number, step, best, at=T0 + 1 + number * 2.0)


def epochs(count: int) -> list[Event]:
    """A run of so many epochs, from its start."""
    return [started(), *(epoch(number) for number in range(1, count + 1)), saved(count)]


def ended(status: str, number: int, reason: str = "") -> Ended:
    """The trainer leaves."""
    return Ended(status, number, number * STEPS, reason, at=T0 + 2 + number * 2.0)


def dead_classes(number: int = 12) -> FindingMade:
    """The doctor's finding of the assignment's network."""
    return FindingMade(
        rule="dead-classes",
        epoch=number,
        step=number * STEPS,
        severity="warning",
        evidence={"classes": [3, 8]},
        why="Digits 3 and 8 are never predicted: their ReLU on the logits is 0 for every example.",
        cure="Use network softmax, which has no ReLU on the logits.",
        at=T0 + 2 + number * 2.0,
    )
