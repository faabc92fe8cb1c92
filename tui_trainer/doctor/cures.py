"""Notes that a finding's cure was tried, and says a few epochs later whether it helped."""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tui_trainer.events import CureJudged, CureTried, Event, FindingMade, SettingChanged

if TYPE_CHECKING:
    from tui_trainer.history import History

JUDGED_AFTER = 3  # epochs that a cure has to show itself
REACHED = ("validation_error", "validation_loss")


def tried(history: "History") -> list[Event]:
    """The cures that the newest changes of settings are, each once."""
    found: list[Event] = []
    for finding in history.findings.values():
        asked = (finding.request or {}).get("changes", {})
        for change in history.changes[-1:]:
            known = history.diagnosis.cures.get(finding.rule)
            new = known is None or known.step < change.step
            if new and change.step >= finding.step and _towards(change, asked.get(change.name)):
                changes = {change.name: change.new}
                before, expected = reached(history, change.epoch), going_on(history, change.epoch)
                found.append(CureTried(finding.rule, change.epoch, change.step, changes, before, expected=expected))
    return found


def _towards(change: SettingChanged, asked: object) -> bool:
    """Whether a setting was changed towards what was asked for."""
    return isinstance(asked, int | float) and (change.new - change.old) * (asked - change.old) > 0


def tried_by_beginning(finding: FindingMade, parent: "History", changes: dict[str, object]) -> CureTried:
    """The same for a run that is begun with a cure of another run's finding; a branch takes its pace along."""
    expected = going_on(parent, parent.epoch) if (finding.request or {}).get("action") != "restart" else {}
    return CureTried(finding.rule, 0, 0, dict(changes), reached(parent, parent.epoch), parent.run, expected)


def judged(history: "History", found: Iterable[str]) -> list[Event]:
    """Verdicts that are due: it helped when the rule finds nothing any more and validation is better than it would be.

    A run that goes on gets better anyhow: it must have come further than at the pace that it had before.
    """
    verdicts: list[Event] = []
    for rule, cure in history.diagnosis.cures.items():
        begun = cure.epoch if cure.parent is None else _first_epoch(history)
        if rule in history.diagnosis.judged or history.epoch < begun + JUDGED_AFTER:
            continue
        after = reached(history, history.epoch, since=begun)
        better = _of(after) < _of(cure.before | cure.expected)
        helped = rule not in found and (better or not cure.before)
        verdicts.append(CureJudged(rule, history.epoch, history.step, helped, cure.before, after))
    return verdicts


def _of(best: Mapping[str, float]) -> tuple[float, ...]:
    """To compare by: the error, and where that is the same the loss."""
    return tuple(best.get(name, math.inf) for name in REACHED)


def going_on(history: "History", until: float) -> dict[str, float]:
    """What another few epochs would reach if they took away as large a part as the last ones did."""
    now, before = reached(history, until), reached(history, until - JUDGED_AFTER)
    return {name: value * value / before[name] for name, value in now.items() if before.get(name)}


def reached(history: "History", until: float, since: float = 0) -> dict[str, float]:
    """The best validation error and loss of the epochs after `since` up to `until`; without what was not finite."""
    best = {}
    for name in REACHED:
        curve = history.curves[name]
        values = [v for epoch, v in zip(curve.epochs, curve.values, strict=True) if since < epoch <= until]
        finite = [value for value in values if math.isfinite(value)]
        if finite:
            best[name] = min(finite)
    return best


def _first_epoch(history: "History") -> float:
    epochs = history.curves["validation_error"].epochs
    return epochs[0] - 1 if epochs else history.epoch
