"""A crash of the app is written to a file: the terminal is restored, and the run goes on."""

import time
import traceback
from pathlib import Path


def write_report(error: BaseException, folder: Path) -> Path | None:
    """Write the traceback beside a run; the file, or None where nothing can be written."""
    path = folder / time.strftime("app-crash-%Y%m%d-%H%M%S.txt")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), "utf-8", errors="backslashreplace")
    except OSError:
        return None
    return path
