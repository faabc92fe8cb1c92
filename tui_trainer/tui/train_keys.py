"""What can be done on the Train screen, and when."""

from tui_trainer.tui.bench import Bench
from tui_trainer.tui.commands import Command
from tui_trainer.tui.mending import can_mend

START = Command("s", "start", "Start", "Start a run with these settings.")
PAUSE = Command("space,p", "pause", "Pause", "Pause the run; its state is saved first.")
CONTINUE = Command("space,p", "continue", "Continue", "Go on with the paused run.")
STOP = Command("x", "stop", "Stop and save", "Write a checkpoint and end the run.")
REVIVE = Command("r", "revive", "Resume", "Start a trainer that goes on from the run's newest checkpoint.")
BUTTONS = (START, PAUSE, CONTINUE, STOP, REVIVE)

TRAIN_KEYS = (
    *BUTTONS,
    Command("e", "settings", "Settings", "Show or hide the settings."),
    Command("m", "more", "More settings", "Show all settings, or only those that are changed most.", footer=False),
    Command("c", "command", "Command", "Show the --batch command that does what the settings say, to copy."),
    Command("f", "findings", "Findings", "Show in full what the doctor found, and all warnings.", footer=False),
    Command("d", "mend", "Mend", "Do what the doctor advises: live, on a branch, or in a new run."),
    Command("l", "log", "Log", "Show what the trainer printed."),
    Command("k", "checkpoint", "Save now", "Write a checkpoint now.", footer=False),
    Command("g", "log_axis", "Log axis", "Draw the loss on a logarithmic or on a linear axis.", footer=False),
)


def offers(bench: Bench, busy: bool) -> dict[str, bool]:
    """Which commands there are, as the run stands and while a start is under way; the others there are always."""
    history, living = bench.history, bench.living
    paused = history is not None and history.status == "paused"
    return {
        "start": not living and not busy,
        "pause": living and not paused,
        "continue": living and paused,
        "stop": living,
        "checkpoint": living,
        "revive": history is not None and not living and history.status != "done" and not busy and not bench.gone,
        "log": history is not None,
        "findings": history is not None,
        "mend": history is not None and any(can_mend(finding, history) for finding in history.findings.values()),
    }
