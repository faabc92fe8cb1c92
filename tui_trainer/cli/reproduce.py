"""`tui-trainer reproduce`: the assignment's table with its spread over seeds, and why."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tui_trainer.cli.console import fail, print_json, say
from tui_trainer.cli.flags import whole
from tui_trainer.cli.train import JsonFlag
from tui_trainer.exit_codes import USAGE

SeedsFlag = Annotated[int, whole("how many seeds of each experiment")]
OwnSeedsFlag = Annotated[int | None, whole("how many seeds of the rows that share no data; as many if not given")]
PresetsFlag = Annotated[list[str] | None, Parameter(help="only this preset; can be given again", negative="")]
OutFlag = Annotated[Path, Parameter(help="folder for the report, and for the runs in its `runs`")]
EpochsFlag = Annotated[int | None, whole("shorten every experiment, for a quick look")]


def reproduce(
    *,
    seeds: SeedsFlag = 10,
    own_seeds: OwnSeedsFlag = None,
    preset: PresetsFlag = None,
    out: OutFlag = Path("reproduction"),
    json: JsonFlag = False,
    epochs: EpochsFlag = None,
) -> int:
    """Train the assignment's experiments over seeds; what was stopped goes on where it was."""
    from tui_trainer.reproduce.assignment import experiments
    from tui_trainer.reproduce.plan import Plan
    from tui_trainer.reproduce.report import write_report
    from tui_trainer.reproduce.reproduction import reproduce as run_plan
    from tui_trainer.reproduce.table import print_rows

    for name, value in (("seeds", seeds), ("own-seeds", own_seeds), ("epochs", epochs)):
        if value is not None and value < 1:
            return fail(f"{name}: must be at least 1, not {value}", USAGE)
    result = run_plan(Plan(experiments(preset), seeds, epochs, bool(preset), own_seeds), out / "runs")
    if isinstance(result, int):
        return fail("stopped; the same command goes on where it was", result)
    report = write_report(result, out)
    if json:
        print_json(result.to_json())
    else:
        print_rows(result.rows, result.own_data)
        say(f"report {report}")
    return 0
