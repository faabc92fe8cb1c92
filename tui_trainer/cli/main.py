"""`tui-trainer`: picks the subcommand, and turns whatever goes wrong into one line and an exit code."""

import os
import sys

from cyclopts import App, CycloptsError

from tui_trainer import __version__
from tui_trainer.cli.console import fail
from tui_trainer.cli.train import train
from tui_trainer.exit_codes import BUG, USAGE

# Each subcommand is imported when it is asked for: the app's first picture waits for none of them.
COMMANDS = {
    **dict.fromkeys(("presets", "engines", "networks"), "catalogue"),
    **dict.fromkeys(("runs", "show", "attach", "resume", "fork", "replay"), "manage"),
    **dict.fromkeys(("pause", "continue", "set", "stop"), "manage"),
    **dict.fromkeys(("check-gradients", "bench-threads"), "measure"),
    **{name: name for name in ("reproduce", "doctor", "duel")},
}
FUNCTIONS = {"continue": "go_on", "set": "set_"}  # where the command's name is a word of Python's

app = App(
    name="tui-trainer",
    help="Watch a neural network learn, in a terminal. Without a subcommand: the app, or with --batch a run.",
    version=__version__,
    result_action="return_value",
)
app.default(train)
for command, module in COMMANDS.items():
    function = FUNCTIONS.get(command, command.replace("-", "_"))
    app.command(f"tui_trainer.cli.{module}:{function}", name=command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code. Also the console script, which exits with it."""
    asked = sys.argv[1:] if arguments is None else arguments
    if asked[:1] in (["--help"], ["-h"]):
        for name in COMMANDS:
            app[name]  # imports it, for its line of help
    try:
        result = app(asked, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return fail(f"{' '.join(str(error).split())} (see tui-trainer --help)", USAGE)
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
