"""The trainer: trains one run directory to its end, saves it, and does what is asked between slices."""

import dataclasses
import os
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_trainer.clock import now
from tui_trainer.events import (
    Ended,
    EpochMeasured,
    Event,
    Loading,
    Paused,
    SaveFailed,
    SettingChanged,
    Started,
    Warned,
)
from tui_trainer.exit_codes import BUG, DIVERGED, DONE, INPUT_OUTPUT
from tui_trainer.history import History
from tui_trainer.run.asked import answer
from tui_trainer.run.consult import Consultation
from tui_trainer.run.first_bad import saved_in
from tui_trainer.run.outcome import exit_code, one_line
from tui_trainer.run.prepare import Prepared, load_learner, restore
from tui_trainer.run.saving import Saving
from tui_trainer.run.signals import InterruptedLoading, Signals
from tui_trainer.store import CheckpointStore, Recorder, RequestReader, RunDirectory, RunLock, RunReader
from tui_trainer.store.directory import write_json
from tui_trainer.training import Training

WAIT_SECONDS = 0.05  # between two looks while paused

Watch = Callable[[Event, History], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended, what is known of it then, and the exit code that says so."""

    history: History
    code: int


def train_run(path: Path, *, watch: Watch | None = None, epochs: int | None = None) -> Outcome:
    """Train a run to its end, from its newest good checkpoint if it has one; `epochs` sets a new end.

    Raises `LockedError` when another trainer has it and `SchemaError` when it is no run; all else that
    goes wrong is written as the run's end.
    """
    directory = RunDirectory(path)
    reader = RunReader(directory)
    with Signals() as signals, RunLock(directory):
        return Trainer(directory, reader, signals, watch or _nobody).run(epochs)


class Trainer:
    """Holds the parts of one run while it trains."""

    def __init__(self, directory: RunDirectory, reader: RunReader, signals: Signals, watch: Watch) -> None:
        self.directory = directory
        self.signals = signals
        self.checkpoints = CheckpointStore(directory)
        self.history = reader.read()
        self.paused = False
        self.stopping: str | None = None  # saved, or unsaved
        self._watch = watch
        self._recorder = Recorder(directory)
        self._requests = RequestReader(directory, from_end=bool(self.history.pid))
        self._saving = Saving(directory, self.checkpoints, self._recorder)
        self._told_to_go_on = False
        self.training: Training

    # -- saying --------------------------------------------------------------

    def say(self, *events: Event) -> None:
        """Record events and show them; a disk that refuses is shown too."""
        stamped = [_stamp(event) for event in events]
        error = self._recorder.record(stamped)
        for event in stamped:
            self._show(event)
        if error is not None and not self._saving.failed:
            self._failed("events", error)

    def _show(self, event: Event) -> None:
        self.history.add(event)
        try:
            self._watch(event, self.history)
        except OSError:  # the terminal or pipe is gone; the run is not
            self._watch = _nobody

    def _failed(self, what: str, error: OSError) -> None:
        self._saving.failed = True
        step = self.training.progress.step if hasattr(self, "training") else 0
        failure = _stamp(SaveFailed(what, one_line(error), step))
        self._recorder.record([failure])
        self._show(failure)

    # -- the whole run -------------------------------------------------------

    def run(self, epochs: int | None) -> Outcome:
        """Load, train, end; the end is written whatever happens."""
        try:
            self.begin(epochs)
            self._train()
            return self.end()
        except (InterruptedLoading, Exception) as error:
            return self.end_by(error)
        finally:
            self.close()

    def close(self) -> None:
        """Give the files back."""
        self._recorder.close()

    def load(self) -> Prepared:
        """The training at step 0."""
        return load_learner(self.directory)

    def begin(self, epochs: int | None = None) -> None:
        """Load, and go on from the newest good checkpoint."""
        self.checkpoints.sweep()
        engine = self.history.config.engine
        self.say(Loading("PyTorch" if engine == "pytorch" else "the data"))
        with self.signals.interruptible():
            prepared = self.load()
        self.training, notes = prepared.training, prepared.notes
        restored = restore(self.training, self.directory, self.checkpoints, self._recorder)
        self.history = RunReader(self.directory).read()  # anew, as metrics may have been cut back
        self.say(*restored.set_aside)
        progress = self.training.progress
        self._saving.step = None if restored.name is None else progress.step
        self.say(
            Started(
                os.getpid(),
                socket.gethostname(),
                progress.epochs_done,
                progress.step,
                restored.name,
                restored.metrics_offset,
                notes + restored.notes,
            )
        )
        if epochs is not None and epochs != self.training.epochs:
            self.change("epochs", epochs)
        elif restored.name is None:
            self.save()
        self._consultation = Consultation(self.training, prepared.splits, saved_in(self.checkpoints))
        self.say(*self._consultation.begin(self.history))

    def _train(self) -> None:
        if self.signals.received:
            return
        for events in self.training.slices():
            self.take(events)
            if self.stopping or self.signals.received:
                return

    def take(self, events: list[Event]) -> None:
        """Say what a slice measured, save when it is time to, and answer what was asked."""
        self.say(*events)
        self._say_that_it_goes_on()
        self.say(*self._consultation.after(events, self.history))
        self._save_when_due(events)
        self.listen()

    def _say_that_it_goes_on(self) -> None:
        bad = self.training.diverged_at
        if bad is not None and not self.training.halted and not self._told_to_go_on:
            self._told_to_go_on = True
            self.say(
                Warned(f"not finite at step {bad}; going on, as on-divergence says, but such a state is not saved")
            )

    def listen(self) -> None:
        """Answer requests; while paused, wait here for more."""
        self._pause_when_reached()
        while True:
            for request in self._requests.poll():
                answer(self, request)
            if not self.paused or self.stopping or self.signals.received:
                return
            self._end_if_deleted()
            time.sleep(WAIT_SECONDS)

    def _end_if_deleted(self) -> None:
        """`OSError` when the run was deleted: nobody could ask for its end any more, or find what it learned."""
        if self._recorder.removed:
            raise OSError("the run's directory was deleted")

    def _pause_when_reached(self) -> None:
        training = self.training
        if training.stop_at is not None and training.progress.step >= training.stop_at and not training.done:
            training.stop_at = None
            self.pause("reached the step asked for")

    def pause(self, reason: str, request: str = "") -> None:
        """Save, and train no more until asked."""
        progress = self.training.progress
        self.paused = True
        self.say(Paused(progress.epochs_done, progress.step, reason, request))
        self.save()

    def change(self, name: str, value: Any, request: str = "") -> None:
        """Change a live setting, say so, and save at once; `SettingError` when it cannot be."""
        old, progress = self.training.setting(name), self.training.progress
        self.training.change(name, value)
        new = self.training.setting(name)
        self.say(SettingChanged(name, old, new, progress.epochs_done, progress.step, request))
        self.save()

    # -- saving --------------------------------------------------------------

    def _save_when_due(self, events: list[Event]) -> None:
        training, progress = self.training, self.training.progress
        if self._saving.is_due(training, any(isinstance(event, EpochMeasured) for event in events)):
            self.save()
            if self._saving.failed and training.config.on_save_failure == "pause":
                self.paused = True
                self.say(Paused(progress.epochs_done, progress.step, "could not save"))

    def save(self, request: str = "") -> bool:
        """Publish the state as a checkpoint; False when it is not finite or (which is said) the disk refuses.

        `OSError` when the run was deleted.
        """
        try:
            said = self._saving.publish(self.training, request)
        except OSError as error:
            self._end_if_deleted()
            self._failed("checkpoint", error)
            return False
        self.say(*said)
        return bool(said)

    # -- the end -------------------------------------------------------------

    def end_by(self, error: BaseException) -> Outcome:
        """Write the end that an exception made of the run."""
        if isinstance(error, InterruptedLoading):
            return self._leave("interrupted", f"signal {self.signals.received}", 128 + (self.signals.received or 0))
        if exit_code(error) == BUG:
            traceback.print_exception(error)
        return self._leave("failed", one_line(error), exit_code(error))

    def end(self) -> Outcome:
        """Save, and write how the run ended."""
        training, number = self.training, self.signals.received
        saved = self._saving.is_current(training)
        if not saved and not training.halted and self.stopping != "unsaved":
            saved = self.save()
        if training.diverged_at is not None and not saved:
            return self._leave("diverged", self._divergence(), DIVERGED)
        lost = not saved and self.stopping != "unsaved"
        problem = "the last state could not be saved" if lost else ""
        if number and not training.done:
            reason = "; ".join(filter(None, [f"signal {number}", problem]))
            return self._leave("interrupted", reason, INPUT_OUTPUT if lost else 128 + number)
        status = "stopped" if self.stopping and not training.done else "done"
        return self._leave(status, problem, INPUT_OUTPUT if lost else DONE)

    def _divergence(self) -> str:
        """Why a run was stopped, and what is left of it."""
        newest = self.checkpoints.names()
        kept = f"the last finite state is {newest[0]}" if newest else "no finite state was saved"
        return f"the loss or a weight was not finite at step {self.training.diverged_at}; {kept}"

    def _leave(self, status: str, reason: str, code: int) -> Outcome:
        progress = self.training.progress if hasattr(self, "training") else None
        epoch, step = (progress.epochs_done, progress.step) if progress else (self.history.epoch, self.history.step)
        if status == "diverged" and self.training.halted:
            step = self.training.diverged_at or step
        self.say(Ended(status, epoch, step, reason))
        try:
            write_json(self.directory.summary, self.history.summary() | {"directory": str(self.directory.path)})
            self._recorder.sync()
        except OSError as error:
            self._failed("summary", error)
            code = code or INPUT_OUTPUT
        return Outcome(self.history, code)


def _nobody(event: Event, history: History) -> None:
    """Watches nothing."""


def _stamp(event: Event) -> Event:
    """The event with the time of now."""
    return dataclasses.replace(event, at=now())
