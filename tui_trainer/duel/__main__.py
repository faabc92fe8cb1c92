"""A duel as a process of its own, for the app: `python -m tui_trainer.duel` reads a config, and writes its rounds.

The config is a line of JSON on stdin; each round is a line on stdout, and so is an error.
"""

import contextlib
import json
import sys

from tui_trainer.config import RunConfig
from tui_trainer.duel.match import duel
from tui_trainer.duel.round import to_line
from tui_trainer.run.outcome import one_line


def main() -> int:
    """Fight until the end, or until nobody reads any more."""
    try:
        config = RunConfig.from_mapping(json.loads(sys.stdin.readline()))
        for found in duel(config):
            print(to_line(found), flush=True)
    except (BrokenPipeError, KeyboardInterrupt):
        return 0
    except Exception as error:
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({"error": str(error) if isinstance(error, RuntimeError) else one_line(error)}), flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
