"""`tui-trainer`: picks the subcommand, and turns whatever goes wrong into one line and an exit code."""

import os
import sys

from cyclopts import App, CycloptsError

from tui_trainer import __version__
from tui_trainer.cli import catalogue, doctor, duel, manage, measure, reproduce, train
from tui_trainer.cli.console import fail
from tui_trainer.run.outcome import BUG, USAGE, exit_code, one_line

app = App(
    name="tui-trainer",
    help="Watch a neural network learn, in a terminal. Without a subcommand: the app, or with --batch a run.",
    version=__version__,
    result_action="return_value",
)
for commands in (train, manage, catalogue, measure, duel, reproduce, doctor):
    commands.register(app)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code. Also the console script, which exits with it."""
    try:
        result = app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return fail(f"{' '.join(str(error).split())} (see tui-trainer --help)", USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: nothing more to say
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if exit_code(error) == BUG:
            raise
        return fail(one_line(error), exit_code(error))
    return result if isinstance(result, int) else 0
