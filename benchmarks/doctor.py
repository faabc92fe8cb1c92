"""Does the doctor name what was planted, keep silent about the healthy, and do its cures help?"""

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.doctor_faults import FAULTS, Plan
from benchmarks.doctor_healthy import HEALTHY
from benchmarks.doctor_runs import Watched, plan_of
from tui_trainer.config import RunConfig
from tui_trainer.doctor import Doctor
from tui_trainer.events import (
    EpochMeasured,
    FindingMade,
    Inspected,
    NotFinite,
    SliceMeasured,
    Surveyed,
    Warned,
    from_record,
    to_record,
)
from tui_trainer.history import History

PER_FAULT = 30  # the even ones to tune on, the odd ones to report
PER_HEALTHY = 22
HEALTHY_EPOCHS = 12
MEASURED = (SliceMeasured, EpochMeasured, Inspected, Surveyed, NotFinite)


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
        whole = isinstance(event, Surveyed | NotFinite | Inspected) and not isinstance(following, NotFinite)
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
    explained = {name for event in made for name in event.explains}
    return sorted({event.rule for event in made if event.severity != "note"} - explained)


def verdict(result: dict[str, Any]) -> str:
    """right, missed, confused, false or silent."""
    plan = plan_of(result["fault"], result["number"])
    if result["unsound"]:
        return "unsound"
    if plan.healthy:
        return "false" if any(level != "note" for level in result["severities"].values()) else "silent"
    if plan.fault in result["first"]:
        right = {plan.fault, *plan.also} & set(result["roots"])
        return "right" if right else "confused"
    return "confused" if result["roots"] else "missed"


def plans(half: str) -> list[tuple[str, int]]:
    """Kinds and numbers of the runs of a half: tune or report."""
    keep = {"tune": 0, "report": 1}[half]
    numbers = dict.fromkeys(FAULTS, PER_FAULT) | dict.fromkeys(HEALTHY, PER_HEALTHY)
    return [(kind, number) for kind, count in numbers.items() for number in range(keep, count, 2)]


def main(arguments: list[str] | None = None) -> None:
    """Carry out the plans of a half, keep what was measured, and print what the doctor makes of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("half", nargs="?", default="report", choices=["tune", "report"])
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    parser.add_argument("--kept", type=Path, default=Path("doctor-bench"), help="a folder for what was measured")
    asked = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    chosen = [plan for plan in plans(asked.half) if asked.only in plan[0]]
    asked.kept.mkdir(exist_ok=True, parents=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(observed, chosen, [asked.kept] * len(chosen)))
    table(results)


def observed(plan: tuple[str, int], kept: Path) -> dict[str, Any]:
    """What the doctor says of a plan, which is carried out if that was not done before."""
    file = kept / f"{plan[0]} {plan[1]}.json"
    if not file.exists():
        file.write_text(json.dumps(record(*plan)))
    return observe(json.loads(file.read_text()))


def table(results: list[dict[str, Any]]) -> None:
    """One line for each kind: right, missed, confused with what."""
    by_fault: dict[str, Counter[str]] = defaultdict(Counter)
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        outcome = verdict(result)
        by_fault[result["fault"]][outcome] += 1
        if outcome in ("confused", "false"):
            confusion[result["fault"]][", ".join(result["roots"])] += 1
    for fault, counts in by_fault.items():
        print(f"{fault:<28}", dict(counts), dict(confusion[fault]) or "")
    planted = [verdict(r) for r in results if not r["fault"].startswith("healthy")]
    healthy = [verdict(r) for r in results if r["fault"].startswith("healthy")]
    judged = len(healthy) - healthy.count("unsound")
    print(f"planted: {planted.count('right')}/{len(planted)} right; healthy: {healthy.count('false')}/{judged} false")


if __name__ == "__main__":
    main()
