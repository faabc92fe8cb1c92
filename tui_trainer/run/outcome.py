"""Which exit code and which words an exception comes to."""

from tui_trainer.checkpoint import CheckpointError
from tui_trainer.data import DataError
from tui_trainer.exit_codes import BAD_DATA, BUG, INPUT_OUTPUT, LOCKED, OUT_OF_MEMORY, USAGE
from tui_trainer.settings import SettingError
from tui_trainer.store import LockedError, SchemaError

EXPECTED: tuple[tuple[type[BaseException], int], ...] = (
    (SettingError, USAGE),
    (DataError, BAD_DATA),
    (CheckpointError, BAD_DATA),
    (SchemaError, BAD_DATA),
    (LockedError, LOCKED),
    (MemoryError, OUT_OF_MEMORY),
    (OSError, INPUT_OUTPUT),
)


def exit_code(error: BaseException) -> int:
    """The exit code for an exception that ended a run; `BUG` for one that nobody foresaw."""
    return next((code for kind, code in EXPECTED if isinstance(error, kind)), BUG)


def one_line(error: BaseException) -> str:
    """An exception in one line, for people."""
    if isinstance(error, MemoryError):
        return "out of memory: fewer examples, a smaller batch or a smaller network may fit"
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return text if exit_code(error) != BUG else f"{type(error).__name__}: {text}"
