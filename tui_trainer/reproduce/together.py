"""Trains several run directories side by side in one process; each is an ordinary run afterwards."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from engines.interface import Array
from tui_trainer import data
from tui_trainer.events import Event, RequestRefused
from tui_trainer.reproduce.group import Group, SeatTraining
from tui_trainer.run.prepare import Prepared, prepare
from tui_trainer.run.signals import InterruptedLoading, Signals
from tui_trainer.run.trainer import Outcome, Trainer, Watch
from tui_trainer.store import RunDirectory, RunLock, RunReader

REFUSED = "it trains side by side with other seeds: Ctrl+C stops them all, and `resume` goes on with one"


def train_together(directories: Sequence[RunDirectory], loaded: data.Loaded, watch: Watch) -> list[Outcome]:
    """Train runs that `group.cannot_share` has nothing against to their ends, from wherever each of them stands.

    Raises `LockedError` when another trainer has one of them; all else that goes wrong is written as their end.
    """
    group = Group([directory.config() for directory in directories], loaded)
    with Signals() as signals, ExitStack() as held:
        for directory in directories:
            held.enter_context(RunLock(directory))
        members = [Member(d, signals, watch, group, place, loaded) for place, d in enumerate(directories)]
        try:
            for member in members:
                member.take_place()
            _in_step(members, group, signals)
            return [member.end() for member in members]
        except (InterruptedLoading, Exception) as error:
            return [member.end_by(error) for member in members]
        finally:
            for member in members:
                member.close()


class Member(Trainer):
    """The trainer of one seat."""

    def __init__(
        self, directory: RunDirectory, signals: Signals, watch: Watch, group: Group, place: int, loaded: data.Loaded
    ) -> None:
        super().__init__(directory, RunReader(directory), signals, watch)
        self._group, self._place, self._loaded = group, place, loaded
        self._held: dict[str, Array] | None = None

    def load(self) -> Prepared:
        """The training of this seat; the data are there."""
        seat = self._group.seats[self._place]
        prepared = prepare(self.directory, self._loaded, seat, partial(SeatTraining, group=self._group))
        others = len(self._group.seats) - 1
        return Prepared(
            prepared.training, prepared.splits, [*prepared.notes, f"side by side with {others} other seeds"]
        )

    def take_place(self) -> None:
        """Begin; the state is held until all who are behind have come to it."""
        self.begin()
        self._held = self.training.learner.state_dict()
        self._slices = self.training.slices()

    @property
    def step(self) -> int:
        """Where it stands."""
        return self.training.progress.step

    @property
    def living(self) -> bool:
        """Whether there is something left to train."""
        return not self.training.done and not self.training.halted

    def join(self) -> None:
        """Take up its own state again, now that the group has come to it."""
        if self._held is not None:
            self.training.learner.load_state_dict(self._held)
            self._held = None

    def advance(self, until: int | None) -> None:
        """Train one slice, which ends at the step `until` at the latest."""
        self.training.stop_at = until
        self.take(next(self._slices, []))

    def listen(self) -> None:
        """One of several cannot be paused or changed by itself."""
        refused: list[Event] = [RequestRefused(request.id, REFUSED) for request in self._requests.poll()]
        self.say(*refused)


def _in_step(members: Sequence[Member], group: Group, signals: Signals) -> None:
    """Advance those who are furthest behind, until all are at their end or a signal came."""
    while (living := [member for member in members if member.living]) and not signals.received:
        behind = min(member.step for member in living)
        ahead = min((member.step for member in living if member.step > behind), default=None)
        group.begin_round()
        moving = [member for member in living if member.step == behind]
        for member in moving:
            member.join()
        for member in moving:
            member.advance(ahead)
