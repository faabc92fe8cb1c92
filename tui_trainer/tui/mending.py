"""Does what the doctor advises, from the app: asks which finding, and how the run is then watched."""

import asyncio
from typing import TYPE_CHECKING, Any

from tui_trainer.text import printable
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.panels.pick import Option, PickOne
from tui_trainer.tui.screens.dialogs import CANCEL

if TYPE_CHECKING:
    from tui_trainer.events import CureTried, FindingMade
    from tui_trainer.history import History
    from tui_trainer.tui.app import TrainerApp


def mendable(history: "History") -> "list[FindingMade]":
    """The findings that something can mend as the run stands, root causes first."""
    return [finding for finding in history.diagnosis.ranked() if can_mend(finding, history)]


def can_mend(finding: "FindingMade", history: "History") -> bool:
    """Whether there is something to do; a run that is over needs no stop."""
    return finding.request is not None and not (history.ended and finding.request["action"] == "stop")


def question(bench: Bench, findings: "list[FindingMade]") -> PickOne:
    """Which of the findings is to be mended; each option says what would be done."""
    options = [Option(finding.rule, how(finding, bench.living)) for finding in findings]
    return PickOne("What the doctor would do", [*options, Option(CANCEL, "change nothing")])


def how(finding: "FindingMade", living: bool) -> str:
    """What mending it does, in a sentence."""
    request: dict[str, Any] = finding.request or {}
    changes = changed(request["changes"])
    if request["action"] == "stop":
        return "stop and save, now"
    if request["action"] == "set" and living:
        return f"set {changes}, now"
    begin = "begin anew with" if request["action"] == "restart" else "branch from the newest checkpoint with"
    return f"{begin} {changes}" + ("; this run is stopped and saved" if living else "")


def changed(changes: dict[str, Any]) -> str:
    """Settings as words."""
    return ", ".join(f"{name.replace('_', ' ')} {printable(value)}" for name, value in changes.items())


async def mend(app: "TrainerApp", finding: "FindingMade") -> None:
    """Do it, and look at the run that is cured; raises what cannot be done as `ValueError` or `OSError`."""
    bench, directory = app.bench, app.bench.directory
    if directory is None:
        return
    living = bench.living
    cured = await asyncio.to_thread(bench.trainers.cure, directory, finding, bench.runs)
    if cured == directory:
        return
    if living:
        bench.trainers.request(directory, "stop", save=True)
    reader = await asyncio.to_thread(bench.trainers.open, cured)
    reader.poll()
    bench.look_at(cured, reader)


def verdicts(history: "History") -> list[tuple[str, str]]:
    """What has become of the cures that were tried, as notices."""
    return [_verdict(rule, tried, history) for rule, tried in history.diagnosis.cures.items()]


def _verdict(rule: str, tried: "CureTried", history: "History") -> tuple[str, str]:
    judged, what = history.diagnosis.judged.get(rule), changed(tried.changes)
    if judged is None:
        return "note", f"{rule}: tried {what}; whether it helps is seen in a few epochs"
    before, after = judged.before.get("validation_error"), judged.after.get("validation_error")
    numbers = f": best validation error {before:.2%} before, {after:.2%} since" if before and after else ""
    return (
        "note" if judged.helped else "warning",
        f"{rule}: {what} {'helped' if judged.helped else 'did not help'}{numbers}",
    )
