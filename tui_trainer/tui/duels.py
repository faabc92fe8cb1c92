"""The duel's process as the app sees it: started, listened to, ended with the app. The app itself imports no engine."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from tui_trainer.config import RunConfig
from tui_trainer.duel.round import Round, from_line

PATIENCE = 1.0  # seconds for a duel to clear up
Said = Callable[[Round | str | None], None]  # a round; why it failed; or None at the end


class DuelProcess:
    """One duel. `said` is called from a thread of its own."""

    def __init__(self, config: RunConfig, said: Said) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tui_trainer.duel"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._stopped = False
        self._thread = threading.Thread(target=self._listen, args=(json.dumps(config.to_mapping()), said), daemon=True)
        self._thread.start()

    def _listen(self, order: str, said: Said) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(order.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it has died: the end of its output says so
        for line in self._process.stdout:
            if not self._stopped:
                said(_understood(line))
        if not self._stopped:
            code = self._process.wait()
            said(None if code == 0 else f"the duel's process ended with code {code}")

    def stop(self) -> None:
        """End it and its two sides now; it clears its files away first, unless that takes too long."""
        self._stopped = True
        for number in (signal.SIGINT, signal.SIGKILL):
            if self._process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(PATIENCE)


def _understood(line: bytes) -> Round | str:
    try:
        found = json.loads(line)
        return str(found["error"]) if "error" in found else from_line(line)
    except (ValueError, TypeError):
        return "the duel's process said something that cannot be read"
