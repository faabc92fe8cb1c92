"""`tui-trainer`: does what was asked, and turns whatever goes wrong into one line and an exit code."""

import os
import sys

from tui_trainer.cli.console import fail, has_terminal, runs_folder
from tui_trainer.exit_codes import BUG, USAGE


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code. Also the console script, which exits with it."""
    asked = sys.argv[1:] if arguments is None else arguments
    try:
        result = run(asked) if asked or not has_terminal() else begin()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: nothing more to say
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from tui_trainer.run.outcome import exit_code, one_line

        if exit_code(error) == BUG:
            raise
        return fail(one_line(error), exit_code(error))
    return result if isinstance(result, int) else 0


def begin() -> int:
    """The app as it begins; there are no flags to understand, and its first picture need not wait for what does."""
    from tui_trainer.cli.opening import open_app
    from tui_trainer.config import resolve

    return open_app(resolve({}), runs_folder(None))


def run(arguments: list[str]) -> object:
    """Understand the flags, and do what they ask for."""
    from cyclopts import CycloptsError, UnusedCliTokensError

    from tui_trainer.cli.commands import COMMANDS, run_command
    from tui_trainer.settings import closest

    try:
        return run_command(arguments)
    except UnusedCliTokensError as error:
        word = (error.unused_tokens or [""])[0]
        return fail(
            f"{word!r} is not understood{closest(word, (*COMMANDS, '--batch'))} (see tui-trainer --help)", USAGE
        )
    except CycloptsError as error:
        return fail(f"{' '.join(str(error).split())} (see tui-trainer --help)", USAGE)
