"""What all screens share: the run that is looked at, how one is started, and how a trainer is asked for something."""

from pathlib import Path
from typing import Any, Protocol

from tui_trainer.config import RunConfig
from tui_trainer.history import History, now

SILENT_SECONDS = 10.0  # a trainer that writes nothing for so long is shown as silent
LOADING_SECONDS = 60.0  # importing PyTorch from a cold disk takes long and says nothing


class Reader(Protocol):
    """A run directory as it is read: `store.RunReader`, or a scripted one in tests."""

    @property
    def directory(self) -> Path:
        """Of the run."""
        ...

    @property
    def history(self) -> History:
        """What was read so far; another object after a resume that cut the curves back."""
        ...

    @property
    def alive(self) -> bool:
        """Whether a trainer holds the run's lock."""
        ...

    def poll(self) -> bool:
        """Fold in what was written since; whether there was something."""
        ...


class Trainers:
    """The real trainers: run directories on disk, and processes of their own. Tests put another in its place."""

    def open(self, directory: Path) -> Reader:
        """A reader of a run directory; `ValueError` or `OSError` where it is none."""
        from tui_trainer.store import RunReader

        return RunReader(directory)

    def start(self, config: RunConfig, runs: Path) -> Path:
        """Check the data, make the run directory, start its trainer."""
        from tui_trainer import run

        directory = run.create(config, runs)
        run.launch(directory)
        return directory

    def resume(self, directory: Path) -> None:
        """Start a trainer that goes on from the run's newest checkpoint."""
        from tui_trainer import run

        run.launch(directory)

    def request(self, directory: Path, action: str, **arguments: Any) -> str:
        """Ask the trainer of a run for something; the id of the request."""
        from tui_trainer import run

        return run.request(directory, action, **arguments)


class Bench:
    """The state of the app that is not on the screen."""

    def __init__(
        self,
        config: RunConfig,
        runs: Path,
        *,
        attach: Path | None = None,
        trainers: Trainers | None = None,
        clock: Any = now,
    ) -> None:
        self.config = config  # what the panels show, and Start would train
        self.runs = runs
        self.trainers = trainers or Trainers()
        self.clock = clock
        self.reader: Reader | None = None
        self.opened_at = 0.0
        self.version = 0  # counts what was read: a screen redraws when it has moved
        if attach is not None:
            self.open(attach)

    @property
    def history(self) -> History | None:
        """What is known of the run that is looked at."""
        return None if self.reader is None else self.reader.history

    @property
    def living(self) -> bool:
        """Whether a trainer is at work on the run that is looked at."""
        history = self.history
        if self.reader is None or history is None or history.ended:
            return False
        return self.reader.alive or self.clock() - self.opened_at < SILENT_SECONDS

    @property
    def silence(self) -> str | None:
        """What is wrong with a trainer that should speak and does not, in a sentence."""
        history = self.history
        if self.reader is None or history is None or history.ended:
            return None
        if not self.living:
            return "the trainer is gone without a word; what it saved can be resumed"
        quiet = self.clock() - max(history.last_at, self.opened_at)
        patience = SILENT_SECONDS if history.status == "training" else LOADING_SECONDS
        if history.status == "paused" or quiet < patience:
            return None
        return f"the trainer has been silent for {quiet:.0f} s"

    @property
    def state_word(self) -> str:
        """How the run stands, in a word: its status, or that its trainer is silent or gone."""
        if self.history is None:
            return ""
        return self.history.status if not self.silence else "silent" if self.living else "gone"

    def open(self, directory: Path) -> None:
        """Look at a run, living or over."""
        self.reader = self.trainers.open(directory)
        self.opened_at = self.clock()
        self.reader.poll()
        self.version += 1

    def close(self) -> None:
        """Look at no run any more; its trainer is left alone."""
        self.reader = None
        self.version += 1

    def start(self) -> None:
        """Train with the settings as they stand; `ValueError` says what cannot be."""
        self.open(self.trainers.start(self.config, self.runs))

    def resume(self) -> None:
        """Go on with the run that is looked at."""
        if self.reader is not None:
            self.trainers.resume(self.reader.directory)
            self.opened_at = self.clock()

    def request(self, action: str, **arguments: Any) -> None:
        """Ask the trainer of the run that is looked at."""
        if self.reader is not None:
            self.trainers.request(self.reader.directory, action, **arguments)

    def poll(self) -> bool:
        """Read what was written since; whether there was something."""
        if self.reader is None or not self.reader.poll():
            return False
        self.version += 1
        return True
