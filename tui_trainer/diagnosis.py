"""What the doctor has said of a run so far: its findings, root causes first, and what came of their cures."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tui_trainer.events import CureJudged, CureTried, FindingMade, FindingResolved

SEVERITIES = ("note", "warning", "error")
FINDING = ("rule", "epoch", "step", "severity", "evidence", "why", "cure", "request", "explains", "explained_by")
VERDICT = ("rule", "epoch", "step", "helped", "before", "after")


class Diagnosis:
    """Folds what the doctor says; all by rule."""

    def __init__(self) -> None:
        self.findings: dict[str, FindingMade] = {}  # those that still hold
        self.cures: dict[str, CureTried] = {}  # the last that was tried
        self.judged: dict[str, CureJudged] = {}  # whether that helped

    def made(self, event: FindingMade) -> None:
        """Take a finding; those that it explains, or is explained by, learn of it."""
        self.findings[event.rule] = event
        for cause in event.explained_by:
            if (known := self.findings.get(cause)) is not None and event.rule not in known.explains:
                self.findings[cause] = replace(known, explains=[*known.explains, event.rule])
        for effect in event.explains:
            if (known := self.findings.get(effect)) is not None and event.rule not in known.explained_by:
                severity = "note" if known.severity == "warning" else known.severity
                explained_by = [*known.explained_by, event.rule]
                self.findings[effect] = replace(known, explained_by=explained_by, severity=severity)

    def resolved(self, event: FindingResolved) -> None:
        """Drop a finding; it explains nothing any more, and is explained by nothing."""
        self.findings.pop(event.rule, None)
        for name, known in self.findings.items():
            if event.rule in (*known.explains, *known.explained_by):
                others = {
                    side: [rule for rule in getattr(known, side) if rule != event.rule]
                    for side in ("explains", "explained_by")
                }
                self.findings[name] = replace(known, **others)

    def tried(self, event: CureTried) -> None:
        """A cure is under way."""
        self.cures[event.rule] = event
        self.judged.pop(event.rule, None)

    def verdict(self, event: CureJudged) -> None:
        """It helped, or it did not."""
        self.judged[event.rule] = event

    def ranked(self) -> list[FindingMade]:
        """The findings that still hold, root causes first."""
        return ranked(self.findings.values())

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "findings": [{name: getattr(found, name) for name in FINDING} for found in self.ranked()],
            "cures": [{name: getattr(judged, name) for name in VERDICT} for judged in self.judged.values()],
        }


def rank(severity: str) -> int:
    """How bad it is; a word that only a newer version knows is no reason to show nothing."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def ranked(findings: Iterable[FindingMade]) -> list[FindingMade]:
    """Findings with root causes first, the worst of them at the top: what one explains comes after it."""
    left = list(findings)
    ordered: list[FindingMade] = []
    while left:
        explained = {name for finding in left for name in finding.explains if name != finding.rule}
        roots = [finding for finding in left if finding.rule not in explained] or left[:1]
        ordered += sorted(roots, key=lambda finding: -rank(finding.severity))
        left = [finding for finding in left if finding not in roots]
    return ordered
