"""Notes that a finding's cure was tried, and says a few epochs later whether it helped."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui_trainer.events import CureJudged, CureTried, Event, FindingMade, SettingChanged

if TYPE_CHECKING:
    from tui_trainer.history import History

JUDGED_AFTER = 3  # epochs that a cure has to show itself


def tried(history: "History") -> list[Event]:
    """The cures that the newest changes of settings are, each once."""
    found: list[Event] = []
    for finding in history.findings.values():
        asked = (finding.request or {}).get("changes", {})
        for change in history.changes[-1:]:
            known = history.cures.get(finding.rule)
            new = known is None or known.step < change.step
            if new and change.step >= finding.step and _towards(change, asked.get(change.name)):
                changes = {change.name: change.new}
                found.append(
                    CureTried(finding.rule, change.epoch, change.step, changes, reached(history, change.epoch))
                )
    return found


def _towards(change: SettingChanged, asked: object) -> bool:
    """Whether a setting was changed towards what was asked for."""
    return isinstance(asked, int | float) and (change.new - change.old) * (asked - change.old) > 0


def tried_by_beginning(finding: FindingMade, parent: "History", changes: dict[str, object]) -> CureTried:
    """The same for a run that is begun with a cure of another run's finding."""
    return CureTried(finding.rule, 0, 0, dict(changes), reached(parent, parent.epoch), parent.run)


def judged(history: "History", found: Iterable[str]) -> list[Event]:
    """Verdicts that are due: it helped when the rule finds nothing any more and validation got better."""
    verdicts: list[Event] = []
    for rule, cure in history.cures.items():
        begun = cure.epoch if cure.parent is None else _first_epoch(history)
        if rule in history.judged or history.epoch < begun + JUDGED_AFTER:
            continue
        after = reached(history, history.epoch, since=begun)
        better = any(after.get(name, math.inf) < value for name, value in cure.before.items())
        helped = rule not in found and (better or not cure.before)
        verdicts.append(CureJudged(rule, history.epoch, history.step, helped, cure.before, after))
    return verdicts


def reached(history: "History", until: float, since: float = 0) -> dict[str, float]:
    """The best validation error and loss of the epochs after `since` up to `until`; without what was not finite."""
    best = {}
    for name in ("validation_error", "validation_loss"):
        curve = history.curves[name]
        values = [v for epoch, v in zip(curve.epochs, curve.values, strict=True) if since < epoch <= until]
        finite = [value for value in values if math.isfinite(value)]
        if finite:
            best[name] = min(finite)
    return best


def _first_epoch(history: "History") -> float:
    epochs = history.curves["validation_error"].epochs
    return epochs[0] - 1 if epochs else history.epoch
