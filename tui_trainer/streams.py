"""Words to a terminal or pipe that may be gone."""

import errno
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

GONE = (errno.EIO, errno.EPIPE)  # of a closed terminal, and of a closed pipe


@contextmanager
def heard_or_not() -> Generator[None]:
    """Within it, words that nobody can hear any more go nowhere: what was done, and its exit code, stand."""
    try:
        yield
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        if error.errno not in GONE:
            raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
