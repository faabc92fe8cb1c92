"""Keeps the state of a run on disk while it trains: when to save, what to keep, and whether the last state is there."""

import time
from collections.abc import Mapping
from typing import Any

from tui_trainer.events import CheckpointSaved, Event, Warned
from tui_trainer.run.outcome import one_line
from tui_trainer.store import CheckpointStore, Recorder, RunDirectory
from tui_trainer.store.directory import SCHEMA
from tui_trainer.training import Training


class Saving:
    """Publishes the states of one training, and remembers which is on disk."""

    def __init__(self, directory: RunDirectory, checkpoints: CheckpointStore, recorder: Recorder) -> None:
        about = directory.read()
        parent = about.get("parent")
        self.step: int | None = None  # of the newest state on disk
        self.failed = False  # whether the last write was refused
        self._run = about["id"]
        self._begun_at = int(parent["step"]) if parent else None  # a fork keeps the state that it began from
        self._checkpoints, self._recorder = checkpoints, recorder
        self._tried_at = time.monotonic()
        self._untidy = ""  # what kept old checkpoints from being cleared away, as it was last said

    def is_current(self, training: Training) -> bool:
        """Whether the state as it stands is on disk."""
        return self.step == training.progress.step and not self.failed

    def is_due(self, training: Training, epoch_ended: bool) -> bool:
        """Whether it is time to save, after a slice."""
        progress, config = training.progress, training.config
        every = config.checkpoint_seconds
        due = epoch_ended if every == 0 else time.monotonic() - self._tried_at >= every
        best = epoch_ended and progress.best_epoch == progress.epochs_done
        kept = epoch_ended and config.keep_every and progress.epochs_done % config.keep_every == 0
        return bool(due or best or kept or training.done) and not training.halted

    def publish(self, training: Training, request: str = "") -> list[Event]:
        """Put the state on disk; what there is to say of it, nothing where it is not finite; `OSError`.

        First the metrics, then the state that counts on them, then older ones go.
        """
        progress = training.progress
        self._tried_at = time.monotonic()  # so that a full disk is tried at each interval, not after each slice
        about = {"schema": list(SCHEMA), "run": self._run, "metrics_offset": self._recorder.sync()}
        checkpoint = training.checkpoint(about)
        if checkpoint is None:
            return []
        name = self._checkpoints.save(checkpoint, progress.step)
        self.step, self.failed = progress.step, False
        best = progress.step_in_epoch == 0 and 0 < progress.best_epoch == progress.epochs_done
        saved = CheckpointSaved(name, progress.epochs_done, progress.step, best, request)
        return [saved, *self._tidy(checkpoint.about, training)]

    def _tidy(self, about: Mapping[str, Any], training: Training) -> list[Event]:
        every = training.config.keep_every * training.progress.steps_per_epoch
        try:
            self._checkpoints.tidy(about, lambda step: step == self._begun_at or (every > 0 and step % every == 0))
            problem = ""
        except OSError as error:
            problem = one_line(error)
        news, self._untidy = problem != self._untidy, problem
        return [Warned(f"saved, but old checkpoints could not be cleared away: {problem}")] if problem and news else []
