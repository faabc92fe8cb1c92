"""The wall clock: the one place that asks for it."""

import time


def now() -> float:
    """Seconds since 1970."""
    return time.time()
