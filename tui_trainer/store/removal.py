"""Deletes a run for good; nothing outside its own directory is touched."""

import shutil
from pathlib import Path

from tui_trainer.storage import disk, sync_directory
from tui_trainer.store.directory import RunDirectory, SchemaError
from tui_trainer.store.lock import RunLock


def delete_run(directory: RunDirectory, runs: Path) -> None:
    """Remove the directory of a run that lies in `runs` itself.

    `LockedError` while a trainer holds it; `SchemaError` for what is no run there, or only a link to one, so that
    nothing outside is reached; links inside are removed, not followed. `run.json` goes first: were this to stop
    half-way, what is left is no run any more.
    """
    path = directory.path
    if path.is_symlink():
        raise SchemaError(f"{path} is a link to a run elsewhere: remove the link by hand")
    if path.parent.resolve() != runs.resolve() or not directory.about.is_file():
        raise SchemaError(f"{path} is not a run in {runs}")
    with RunLock(directory):
        disk.unlink(directory.about)
        shutil.rmtree(path)
    sync_directory(runs)
