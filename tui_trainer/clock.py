"""The wall clock: the one place that asks for it."""

import time

SILENT_SECONDS = 10.0  # a trainer that writes nothing for so long is shown as silent


def now() -> float:
    """Seconds since 1970."""
    return time.time()
