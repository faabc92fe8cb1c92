"""The table of subcommands, and how one of them is run."""

from cyclopts import App

from tui_trainer import __version__
from tui_trainer.cli.train import train

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


def run_command(arguments: list[str]) -> object:
    """Do what the arguments ask for; raises what goes wrong."""
    if arguments[:1] in (["--help"], ["-h"]):
        for name in COMMANDS:
            app[name]  # imports it, for its line of help
    return app(arguments, exit_on_error=False, print_error=False)
