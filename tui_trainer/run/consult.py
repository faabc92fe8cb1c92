"""Asks the doctor about a run while it trains; whatever goes wrong in here, the run goes on."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from threadpoolctl import threadpool_limits

from engines.interface import Dataset
from tui_trainer.doctor import Doctor
from tui_trainer.doctor.survey import survey
from tui_trainer.events import EpochMeasured, Event, Surveyed, Warned
from tui_trainer.history import History
from tui_trainer.run.first_bad import Saved, where_it_arose
from tui_trainer.run.lifting import doubtful, lifted
from tui_trainer.training import Training


class Consultation:
    """The doctor at the side of one training: a survey at its start, a look after each epoch, and after a NaN."""

    def __init__(self, training: Training, splits: Mapping[str, Dataset], saved: Saved) -> None:
        self._training, self._splits, self._saved = training, splits, saved
        self._doctor = Doctor()
        self._explained = False  # whether the NaN was looked into
        self._failed = False

    def begin(self, history: History) -> Iterable[Event]:
        """What the data and the first weights say; once in the life of a run."""
        return self._safely(self._begin, history) if history.surveyed is None else ()

    def after(self, events: Iterable[Event], history: History) -> Iterable[Event]:
        """What there is to say after a slice that measured `events`, which are in `history` already."""
        diverged = self._training.diverged_at is not None and not self._explained
        if diverged or any(isinstance(event, EpochMeasured) for event in events):
            return self._safely(self._look, history)
        return ()

    def _begin(self, history: History) -> list[Event]:
        training, progress = self._training, self._training.progress
        with threadpool_limits(training.config.threads, user_api="blas"):
            data = survey(training.config, self._splits)
        surveyed = Surveyed(progress.epochs_done, progress.step, data, self._first_layers())
        history.surveyed = surveyed
        return [surveyed, *self._doctor.look(history)]

    def _first_layers(self) -> list[dict[str, Any]]:
        inspect, learner = self._training.inspect, self._training.learner
        if inspect is None:
            return []
        remembered = inspect.state()  # of a fork within an epoch, these are not the weights as they are
        layers = inspect(learner)
        inspect.begin(learner, remembered)
        return layers

    def _look(self, history: History) -> list[Event]:
        found: list[Event] = []
        if self._training.diverged_at is not None and not self._explained:
            self._explained = True
            history.not_finite = where_it_arose(self._training, self._splits["training"], self._saved())
            found.append(history.not_finite)
        elif classes := doubtful(history):
            told = lifted(self._training.learner, self._splits["training"], classes, history)
            history.lifted |= told.counts
            found.append(told)
        return found + self._doctor.look(history)

    def _safely(self, look: Callable[[History], list[Event]], history: History) -> list[Event]:
        try:
            return [] if self._failed else look(history)
        except Exception as error:  # an instrument must never hurt what it measures
            self._failed = True
            return [Warned(f"the doctor failed and looks no more: {type(error).__name__}: {error}")]
