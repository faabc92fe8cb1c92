"""`tui-trainer doctor`: what is wrong with a run, or was, and the rules by which that is found."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tui_trainer.batch import print_findings
from tui_trainer.cli.console import fail, print_json, runs_folder, say, warn
from tui_trainer.cli.manage import RunName
from tui_trainer.cli.train import JsonFlag, RunsFlag
from tui_trainer.doctor import Doctor, load_rules
from tui_trainer.events import Warned
from tui_trainer.exit_codes import USAGE
from tui_trainer.history import History
from tui_trainer.run import launch
from tui_trainer.run.cure import cure as apply
from tui_trainer.store import RunDirectory, RunReader, find_run

RulesFlag = Annotated[bool, Parameter(help="list the rules instead of looking at a run", negative="")]
CureFlag = Annotated[str | None, Parameter(help="do what the finding of this rule asks for")]


def doctor(
    run: RunName = None,
    /,
    *,
    rules: RulesFlag = False,
    cure: CureFlag = None,
    runs: RunsFlag = None,
    json: JsonFlag = False,
) -> int:
    """Say what is wrong with a run, why, and what to do; while it trains or when it is over."""
    if rules:
        return list_rules(as_json=json)
    folder = runs_folder(runs)
    directory = find_run(run, folder)
    history = RunReader(directory).judge()
    for event in Doctor().look(history):  # rules may have come since
        history.add(event)
        if isinstance(event, Warned):
            warn(event.message)
    if cure is not None:
        return apply_cure(cure, history, directory, folder)
    facts = history.summary()
    shown = {name: facts[name] for name in ("run", "status", "epochs", "findings", "cures")}
    if json:
        print_json(shown)
    else:
        say(f"{shown['run']}: {shown['status']}, {shown['epochs']} epochs")
        print_findings(shown)
        if not shown["findings"]:
            say("nothing is wrong that the rules know")
    return 0


def list_rules(*, as_json: bool) -> int:
    """Every rule that is installed, causes before what they cause."""
    found, problems = load_rules()
    if as_json:
        print_json(
            [{"rule": r.name, "severity": r.severity, "summary": r.summary, "explains": [*r.explains]} for r in found]
        )
    else:
        for rule in found:
            say(f"{rule.name:<24} {rule.severity:<8} {rule.summary}")
        for problem in problems:
            say(problem)
    return 0


def apply_cure(rule: str, history: History, directory: RunDirectory, runs: Path) -> int:
    """Do what a finding asks for, and name the run that then trains."""
    found = history.findings.get(rule)
    if found is None:
        return fail(f"{rule} does not hold: choose from {', '.join(history.findings) or 'no finding'}", USAGE)
    cured = apply(directory, found, runs)
    if cured.path != directory.path:
        launch(cured.path)
    say(cured.id)
    return 0
