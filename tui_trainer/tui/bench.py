"""What all screens share: the run that is looked at, how one is started, and how a trainer is asked for something."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_trainer.clock import SILENT_SECONDS, now
from tui_trainer.config import RunConfig
from tui_trainer.tui.trainers import Reader, Trainers

if TYPE_CHECKING:
    from tui_trainer.history import History

ANSWER_SECONDS = 3.0
LOADING_SECONDS = 60.0  # importing PyTorch from a cold disk takes long and says nothing


class Bench:
    """The state of the app that is not on the screen."""

    def __init__(
        self,
        config: RunConfig,
        runs: Path,
        *,
        attach: Path | None = None,
        trainers: Trainers | None = None,
        clock: Callable[[], float] = now,
    ) -> None:
        self.config = config  # what the panels show, and Start would train
        self.runs = runs
        self.trainers = trainers or Trainers()
        self.clock = clock
        self.reader: Reader | None = None
        self.directory: Path | None = None  # of the run that is looked at
        self.title = ""  # its name for people
        self.opened_at = 0.0
        self.launched_at = 0.0  # when the run that is looked at was made to go on
        self._asked: dict[str, tuple[float, float]] = {}  # live setting → (value, when it was asked for)
        self._refused: object = None  # the last refusal that was told
        self.pinned: list[Path] = []  # runs that Curves shows beside the one that is looked at
        if attach is not None:
            self.open(attach)

    @property
    def history(self) -> "History | None":
        """What is known of the run that is looked at."""
        return None if self.reader is None else self.reader.history

    @property
    def living(self) -> bool:
        """Whether a trainer is at work on the run that is looked at; one that was just started, and has said nothing
        and locked nothing yet, counts."""
        history = self.history
        if self.reader is None or history is None or history.ended:
            return False
        if self.reader.alive:
            return True
        begins = self.opened_at if history.last_at == 0 else self.launched_at
        return self.clock() - begins < SILENT_SECONDS

    @property
    def gone(self) -> bool:
        """Whether somebody removed the run that is looked at; what was read of it is still shown."""
        return self.reader is not None and self.reader.gone

    @property
    def silence(self) -> str | None:
        """What is wrong with a trainer that should speak and does not, in a sentence."""
        history = self.history
        if history is None or history.ended:
            return None
        if self.gone:
            return "somebody removed this run's directory: what is shown was read before"
        if not self.living:
            return "the trainer is gone without a word: l shows what it printed, r goes on from what it saved"
        quiet = self.clock() - max(history.last_at, self.opened_at)
        patience = SILENT_SECONDS if history.status == "training" else LOADING_SECONDS
        if history.status == "paused" or quiet < patience:
            return None
        return f"the trainer has been silent for {quiet:.0f} s"

    @property
    def state_word(self) -> str:
        """How the run stands, in a word: its status, or that its trainer is silent, or gone without a word."""
        if self.history is None:
            return ""
        return self.history.status if not self.silence else "silent" if self.living else "interrupted"

    def open(self, directory: Path) -> None:
        """Look at a run, living or over; `ValueError` or `OSError` where it is none."""
        reader = self.trainers.open(directory)
        reader.poll()
        self.look_at(directory, reader)

    def look_at(self, directory: Path, reader: Reader) -> None:
        """Look at a run that was read."""
        self.reader, self.directory, self.title = reader, directory, self.trainers.title(directory)
        self.opened_at, self.launched_at = self.clock(), 0.0
        self._refused = reader.history.refused

    def close(self) -> None:
        """Look at no run any more; its trainer is left alone."""
        self.reader = self.directory = None

    def resume(self) -> None:
        """Go on with the run that is looked at, from its newest checkpoint."""
        if self.directory is not None:
            self.trainers.resume(self.directory)
            self.open(self.directory)
            self.launched_at = self.clock()

    def request(self, action: str, **arguments: Any) -> None:
        """Ask the trainer of the run that is looked at; `OSError`."""
        if self.directory is not None:
            self.trainers.request(self.directory, action, **arguments)

    def refusal(self) -> str | None:
        """Why the trainer did not do what it was asked, once for each time."""
        refused = None if self.history is None else self.history.refused
        if refused is None or refused is self._refused:
            return None
        self._refused = refused
        return refused.reason

    def asked(self, name: str, value: float) -> None:
        """A live setting was asked to take another value."""
        self._asked[name] = (value, self.clock())

    @property
    def live_values(self) -> dict[str, float]:
        """The live settings as they stand; one that was just asked for counts until the trainer had time to answer."""
        history = self.history
        if history is None:
            return {}
        self._asked = {
            name: (value, at)
            for name, (value, at) in self._asked.items()
            if history.settings.get(name) != value and self.clock() - at < ANSWER_SECONDS
        }
        return {**history.settings, **{name: value for name, (value, _) in self._asked.items()}}

    def poll(self) -> bool:
        """Read what was written since; whether there was something."""
        return self.reader is not None and self.reader.poll()
