"""The run directory: its files, who may write them, and how anybody reads them while they grow."""

from tui_trainer.store.checkpoints import CheckpointStore
from tui_trainer.store.directory import RunDirectory, SchemaError, find_run, list_runs
from tui_trainer.store.lock import LockedError, RunLock, is_alive
from tui_trainer.store.overview import Overview, changed_settings, overview, state
from tui_trainer.store.reader import Follower, RunReader
from tui_trainer.store.removal import delete_run
from tui_trainer.store.requests import Request, RequestReader, send_request
from tui_trainer.store.writer import Recorder

__all__ = [
    "CheckpointStore",
    "Follower",
    "LockedError",
    "Overview",
    "Recorder",
    "Request",
    "RequestReader",
    "RunDirectory",
    "RunLock",
    "RunReader",
    "SchemaError",
    "changed_settings",
    "delete_run",
    "find_run",
    "is_alive",
    "list_runs",
    "overview",
    "send_request",
    "state",
]
