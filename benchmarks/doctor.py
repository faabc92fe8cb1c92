"""Does the doctor name what was planted, keep silent about the healthy, and do its cures help?"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.doctor_faults import FAULTS, Plan
from benchmarks.doctor_healthy import HEALTHY
from benchmarks.doctor_repairs import repair
from benchmarks.doctor_runs import Watched, plan_of
from benchmarks.doctor_table import tables, verdict
from tui_trainer.config import RunConfig
from tui_trainer.doctor import Doctor
from tui_trainer.events import (
    EpochMeasured,
    FindingMade,
    Inspected,
    Lifted,
    NotFinite,
    SliceMeasured,
    Surveyed,
    Warned,
)
from tui_trainer.history import History
from tui_trainer.lines import from_record, to_record

FAULTY = {"tune": range(126), "report": range(126, 158)}  # numbers of the runs of each fault
SOUND = {"tune": range(224), "report": range(224, 264)}  # and of each kind of healthy ones
HEALTHY_EPOCHS = 12
WHOLE = (Surveyed, NotFinite, Lifted, Inspected)  # after one of these, the doctor looks
MEASURED = (SliceMeasured, EpochMeasured, *WHOLE)


def deadline(plan: Plan) -> int:
    """The epoch by which a fault is to be named: the first fifth of the run, or ten epochs."""
    return max(10, plan.settings["epochs"] // 5)


def record(fault: str, number: int) -> dict[str, Any]:
    """Carry a plan out, and keep what was measured."""
    watched = Watched(plan_of(fault, number))
    plan = watched.plan
    for _ in watched.epochs(HEALTHY_EPOCHS if plan.healthy else deadline(plan)):
        pass
    measured = [to_record(event) for event in watched.heard if isinstance(event, MEASURED)]
    steps = watched.training.progress.steps_per_epoch
    kept = {"fault": fault, "number": number, "steps_per_epoch": steps, "events": measured}
    return kept | {"recall": recall(watched) if plan.healthy else []}


def recall(watched: Watched) -> list[float]:
    """The share of the training examples of each class that is predicted rightly at the end."""
    training = watched.splits["training"]
    right = watched.training.learner.predict(training.inputs).argmax(1) == training.labels
    return [float(right[training.labels == label].mean()) for label in range(training.classes)]


def sound(recorded: dict[str, Any]) -> bool:
    """Whether a run that was meant to be healthy came out so, judged at its end and without the doctor.

    Validation must have stayed near its best, and no class may be lost: never or hardly ever predicted.
    """
    epochs = [event for event in recorded["events"] if event["kind"] == "epoch-measured"]
    losses, errors = ([epoch[f"validation_{name}"] for epoch in epochs] for name in ("loss", "error"))
    near = fmean(losses[-3:]) < 1.08 * min(losses) and fmean(errors[-3:]) < min(errors) + 0.015
    return near and min(recorded["recall"]) > 0.02


def observe(recorded: dict[str, Any]) -> dict[str, Any]:
    """What the doctor says of what was measured, and when."""
    plan = plan_of(recorded["fault"], recorded["number"])
    unsound = plan.healthy and not sound(recorded)
    history = History(RunConfig.from_mapping(plan.settings), recorded["steps_per_epoch"])
    doctor, made = Doctor(), []
    events = [event for kept in recorded["events"] if (event := from_record(kept))]
    for event, following in zip(events, [*events[1:], None], strict=True):
        history.add(event)
        whole = isinstance(event, WHOLE) and not isinstance(following, NotFinite | Lifted)
        for said in doctor.look(history) if whole else ():
            history.add(said)
            if isinstance(said, FindingMade):
                made.append(said)
            if isinstance(said, Warned):
                print(recorded["fault"], recorded["number"], said.message)
    return {
        "fault": plan.fault,
        "number": plan.number,
        "first": {event.rule: event.epoch for event in reversed(made)},
        "severities": {event.rule: event.severity for event in made},
        "evidence": {event.rule: event.evidence for event in made},
        "requests": {event.rule: event.request for event in made},
        "roots": roots(made),
        "unsound": unsound,
    }


def roots(made: list[FindingMade]) -> list[str]:
    """What was named as a cause of its own: worse than a note, and explained by nothing else that was named."""
    explained = {name for event in made for name in event.explains} | {e.rule for e in made if e.explained_by}
    return sorted({event.rule for event in made if event.severity != "note"} - explained)


def mend(result: dict[str, Any]) -> dict[str, Any] | None:
    """What comes of doing what was suggested for a fault that was named rightly; None where no setting was."""
    plan = plan_of(result["fault"], result["number"])
    rule = next((name for name in (plan.fault, *plan.also) if name in result["roots"]), "")
    request = result["requests"].get(rule)
    if plan.healthy or verdict(result) != "right" or request is None:
        return None
    return repair(plan.fault, plan.number, request, result["first"][rule], deadline(plan))


def plans(half: str) -> list[tuple[str, int]]:
    """Kinds and numbers of the runs of a half: tune or report."""
    numbers = dict.fromkeys(FAULTS, FAULTY[half]) | dict.fromkeys(HEALTHY, SOUND[half])
    return [(kind, number) for kind, chosen in numbers.items() for number in chosen]


def main(arguments: list[str] | None = None) -> None:
    """Carry out the plans of a half, and print what the doctor makes of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("half", nargs="?", default="report", choices=["tune", "report"])
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    parser.add_argument("--kept", type=Path, help="a folder for what was measured, to judge it again without training")
    parser.add_argument("--no-repairs", action="store_true", help="do not try what is suggested")
    asked = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    chosen = [plan for plan in plans(asked.half) if asked.only in plan[0]]
    kept = asked.kept or Path(tempfile.mkdtemp(prefix="doctor-bench-"))
    kept.mkdir(exist_ok=True, parents=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(observed, chosen, [kept] * len(chosen)))
        repairs = [] if asked.no_repairs else list(pool.map(mended, results, [kept] * len(results)))
    print(tables(results, [found for found in repairs if found]))


def observed(plan: tuple[str, int], kept: Path) -> dict[str, Any]:
    """What the doctor says of a plan, which is carried out if that was not done before."""
    return observe(once(kept / f"{plan[0]} {plan[1]}.json", lambda: record(*plan)))


def mended(result: dict[str, Any], kept: Path) -> dict[str, Any] | None:
    """The same for what was suggested."""
    suggested = sha256(json.dumps([result["requests"], result["first"]]).encode()).hexdigest()[:8]
    return once(kept / f"{result['fault']} {result['number']} mended {suggested}.json", lambda: mend(result))


def once(file: Path, work: Callable[[], Any]) -> Any:
    """The result of some work, kept in a file."""
    if not file.exists():
        file.write_text(json.dumps(work()))
    return json.loads(file.read_text())


if __name__ == "__main__":
    main()
