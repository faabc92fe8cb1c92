"""Start, watch over and ask things of a run: what the app, the batch printer and the subcommands share."""

from tui_trainer.run.fork import Replay, fork_run, replay_run
from tui_trainer.run.outcome import exit_code
from tui_trainer.run.start import check, check_device, config_command, create, launch, request
from tui_trainer.run.trainer import Outcome, train_run

__all__ = [
    "Outcome",
    "Replay",
    "check",
    "check_device",
    "config_command",
    "create",
    "exit_code",
    "fork_run",
    "launch",
    "replay_run",
    "request",
    "train_run",
]
