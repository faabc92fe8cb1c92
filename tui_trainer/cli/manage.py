"""Subcommands on runs that are there: runs, show, attach, resume, fork, pause, continue, stop, replay."""

import dataclasses
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tui_trainer.batch import percent, print_findings, print_history, summary, train_and_print
from tui_trainer.cli.console import fail, print_json, runs_folder, say, warn
from tui_trainer.cli.flags import FlagsGiven, given, whole
from tui_trainer.cli.opening import open_app
from tui_trainer.cli.train import BatchFlag, JsonFlag, RunsFlag, has_terminal
from tui_trainer.events import Ended, RequestRefused
from tui_trainer.exit_codes import BUG, USAGE
from tui_trainer.run import config_command, fork_run, launch, replay_run, request
from tui_trainer.store import (
    Follower,
    Overview,
    RunDirectory,
    RunReader,
    SchemaError,
    find_run,
    is_alive,
    list_runs,
    overview,
)

PATIENCE = 2.0  # seconds for a trainer to answer
RunName = Annotated[str | None, Parameter(help="an id, the start of one, or a path; the newest if not given")]


def runs(*, runs: RunsFlag = None, json: JsonFlag = False) -> None:
    """List the runs, newest first: alive, paused, done, diverged, interrupted, with progress and accuracy."""
    rows, unreadable = [], []
    for directory in list_runs(runs_folder(runs)):
        try:
            rows.append(overview(directory))
        except SchemaError as error:
            unreadable.append(str(error))
    if json:
        return print_json([dataclasses.asdict(row) for row in rows])
    for row in rows:
        say(run_line(row))
    for text in unreadable:
        say(text)
    if not rows:
        say(f"there are no runs under {runs_folder(runs)}")
    return None


def run_line(row: Overview) -> str:
    """One run in one line."""
    numbers = f"{row.epoch}/{row.epochs} epochs  validation {percent(row.validation_accuracy)}"
    what = f"{row.engine} {row.network} {row.optimizer} rate {row.learning_rate:g} dropout {row.dropout:g}"
    return f"{row.id}  {row.state:<11}  {numbers}  {what}  {row.title}".rstrip()


def show(run: RunName = None, /, *, runs: RunsFlag = None, json: JsonFlag = False) -> None:
    """Print one run: its settings, accuracies and what happened."""
    directory = find_run(run, runs_folder(runs))
    reader = RunReader(directory)
    history = reader.judge()
    if json:
        return print_json(summary(directory.path, history) | {n: reader.about.get(n) for n in ("config", "parent")})
    say(_again(reader))
    print_history(directory.path, history)
    for mark in history.marks:
        say(f"epoch {mark.epoch:.5g}: {mark.text}")
    print_findings(history.summary())
    if reader.skipped:
        say(f"{reader.skipped} lines could not be read and were passed over")
    return None


def _again(reader: RunReader) -> str:
    """How to train a run once more, in a line."""
    history, parent = reader.history, reader.about.get("parent")
    if parent:
        return f"a fork of {parent['run']} at epoch {parent['epoch']}: tui-trainer replay {history.run} trains it again"
    changed = any(change.name != "epochs" for change in history.changes)
    but = ", but for what was changed while it trained" if changed else ""
    return f"the same again{but}: {config_command(history.config.replace(epochs=history.epochs))}"


def attach(run: RunName = None, /, *, runs: RunsFlag = None) -> int:
    """Watch a run in the app, whoever trains it; several may watch at once."""
    folder = runs_folder(runs)
    directory = find_run(run, folder)
    if not has_terminal():
        return fail("no terminal to draw on: `tui-trainer show` prints a run", USAGE)
    return _watch(directory, folder)


def _watch(directory: RunDirectory, folder: Path) -> int:
    """The app on a run, with the settings of that for the next one."""
    return open_app(directory.config().replace(title=""), folder, attach=directory.path)


MoreEpochs = Annotated[int | None, whole("train this many epochs more than the run was to have")]


def resume(
    run: RunName = None,
    /,
    *,
    epochs: MoreEpochs = None,
    runs: RunsFlag = None,
    batch: BatchFlag = False,
    json: JsonFlag = False,
) -> int:
    """Go on with a run from its newest good checkpoint, as if it had never stopped."""
    folder = runs_folder(runs)
    directory = find_run(run, folder)
    reader = RunReader(directory)
    history = reader.read()
    if epochs is not None and epochs < 1:
        return fail(f"epochs: must be at least 1, not {epochs}", USAGE)
    if history.status == "done" and history.epoch >= history.epochs and epochs is None:
        return fail(f"{directory.id} is done: --epochs MORE trains it further", USAGE)
    total = None if epochs is None else history.epochs + epochs
    if batch:
        return train_and_print(directory.path, as_json=json, epochs=total)
    if not has_terminal():
        return fail("no terminal to draw on: use --batch", USAGE)
    if not reader.alive:
        launch(directory.path, epochs=total)
    elif total is not None:
        request(directory.path, "set", name="epochs", value=total)
    return _watch(directory, folder)


AtEpoch = Annotated[int | None, whole("branch from the checkpoint of this epoch; the newest if not given")]


def fork(
    run: RunName = None,
    /,
    *,
    at_epoch: AtEpoch = None,
    runs: RunsFlag = None,
    batch: BatchFlag = False,
    json: JsonFlag = False,
    flags: FlagsGiven = None,
) -> int:
    """Branch from a checkpoint of a run with changed settings; the new run records its parent."""
    folder = runs_folder(runs)
    if not batch and not has_terminal():
        return fail("no terminal to draw on: use --batch", USAGE)
    made = fork_run(find_run(run, folder), folder, given(flags), at_epoch=at_epoch)
    if batch:
        return train_and_print(made.path, as_json=json)
    launch(made.path)
    return _watch(made, folder)


def _ask(run: str | None, folder: Path | None, action: str, **arguments: object) -> int:
    directory = find_run(run, runs_folder(folder))
    directory.read()  # whether it can be understood at all
    if not is_alive(directory):
        return fail(f"{directory.id} has no living trainer: `tui-trainer resume` starts one", USAGE)
    happened = Follower(directory.events)
    happened.poll()
    asked, until = request(directory.path, action, **arguments), time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for event in happened.poll():
            if isinstance(event, RequestRefused) and event.request == asked:
                return fail(event.reason, USAGE)
            if isinstance(event, Ended) or getattr(event, "request", "") == asked:
                return 0
        time.sleep(0.02)
    warn(f"{directory.id} was asked; its trainer has not answered yet")
    return 0


def pause(run: RunName = None, /, *, runs: RunsFlag = None) -> int:
    """Ask a run to save and wait."""
    return _ask(run, runs, "pause")


Steps = Annotated[int | None, whole("this many batches, then pause")]
Epochs = Annotated[int | None, whole("this many epochs, then pause")]
UntilEpoch = Annotated[int | None, whole("until this epoch, then pause")]


def go_on(
    run: RunName = None,
    /,
    *,
    steps: Steps = None,
    epochs: Epochs = None,
    until_epoch: UntilEpoch = None,
    runs: RunsFlag = None,
) -> int:
    """Let a paused run go on, to its end or for a while."""
    asked = {"steps": steps, "epochs": epochs, "until_epoch": until_epoch}
    return _ask(run, runs, "continue", **{name: value for name, value in asked.items() if value is not None})


def stop(
    run: RunName = None,
    /,
    *,
    save: Annotated[bool, Parameter(help="publish a checkpoint first")] = True,
    runs: RunsFlag = None,
) -> int:
    """Ask a run to end."""
    return _ask(run, runs, "stop", save=save)


def set_(name: str, value: str, run: RunName = None, /, *, runs: RunsFlag = None) -> int:
    """Change a live setting of a run: learning-rate, momentum, weight-decay, dropout or epochs."""
    return _ask(run, runs, "set", name=name, value=value)


def replay(run: RunName = None, /, *, runs: RunsFlag = None, json: JsonFlag = False) -> int:
    """Train a run again from its config and its trail, and say whether the weights agree bit for bit."""
    result = replay_run(find_run(run, runs_folder(runs)))
    if json:
        print_json(dataclasses.asdict(result))
    else:
        say(result.sentence)
    return 0 if result.agrees else BUG
