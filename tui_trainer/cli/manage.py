"""Subcommands on runs that are there: list, show, attach, resume, pause, continue, stop."""

from cyclopts import App


def register(app: App) -> None:
    """Add the subcommands."""
