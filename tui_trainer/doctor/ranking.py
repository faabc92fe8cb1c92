"""Puts root causes first."""

from collections.abc import Iterable

from tui_trainer.events import FindingMade

SEVERITIES = ("note", "warning", "error")


def _rank(severity: str) -> int:
    """How bad it is; a word that only a newer version knows is no reason to show nothing."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def ranked(findings: Iterable[FindingMade]) -> list[FindingMade]:
    """Findings with root causes first, the worst of them at the top: what one explains comes after it."""
    left = list(findings)
    ordered: list[FindingMade] = []
    while left:
        explained = {name for finding in left for name in finding.explains if name != finding.rule}
        roots = [finding for finding in left if finding.rule not in explained] or left[:1]
        ordered += sorted(roots, key=lambda finding: -_rank(finding.severity))
        left = [finding for finding in left if finding not in roots]
    return ordered
