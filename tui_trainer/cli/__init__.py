"""The command line: flags and files become a config, then the app, the batch printer or a subcommand."""

from tui_trainer.cli.main import main

__all__ = ["main"]
