"""Runs the rules over a history: what is wrong now, root causes first, and what has become of what was."""

import json
from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from tui_trainer.diagnosis import rank, ranked
from tui_trainer.doctor.case import Case, case_of
from tui_trainer.doctor.cures import judged, tried
from tui_trainer.doctor.finding import Finding, Rule
from tui_trainer.doctor.rules import OWN
from tui_trainer.events import Event, FindingMade, FindingResolved, Warned

if TYPE_CHECKING:
    from tui_trainer.history import History

GROUP = "tui_trainer.doctor_rules"
# Examinations in a row that no longer find it. What comes and goes must be gone for twice as long each time: else a
# long run whose numbers lie on a rule's edge says the same hundreds of times.
GONE_AFTER, GONE_AFTER_AT_MOST = 2, 32


def load_rules() -> tuple[tuple[Rule, ...], list[str]]:
    """Our own rules and those of installed packages, and a line for each of these that cannot be used."""
    rules, problems = {rule.name: rule for rule in OWN}, []
    for entry in entry_points(group=GROUP):
        try:
            found = entry.load()
        except Exception as error:  # whatever a third party's module does
            problems.append(f"doctor: rule {entry.name} cannot be loaded: {error}")
            continue
        if isinstance(found, Rule):
            rules.setdefault(found.name, found)
        else:
            problems.append(f"doctor: rule {entry.name} is no tui_trainer.doctor.Rule")
    return tuple(rules.values()), problems


class Doctor:
    """Looks at a run after each epoch, and says what is new."""

    def __init__(self, rules: Sequence[Rule] | None = None) -> None:
        self._rules, self._problems = load_rules() if rules is None else (tuple(rules), [])
        self._named = {rule.name: rule for rule in self._rules}
        self._broken: set[str] = set()
        self._missed: dict[str, int] = {}
        self._gone_after: dict[str, int] = {}

    def look(self, history: "History") -> list[Event]:
        """What to say now: findings that are new or have changed, findings that are gone, rules that failed."""
        found = self._check(case_of(history))
        said = [Warned(problem) for problem in self._problems]
        self._problems = []
        made = ranked(self._made(name, finding, found, history) for name, finding in found.items())
        news = [event for event in made if _is_news(event, history.findings.get(event.rule))]
        return [*said, *tried(history), *news, *self._gone(found, history), *judged(history, found)]

    def _check(self, case: Case) -> dict[str, Finding]:
        found = {}
        for rule in self._rules:
            try:
                finding = None if rule.name in self._broken else _checked(rule.check(case))
            except Exception as error:  # a rule must never hurt the run
                self._broken.add(rule.name)
                self._problems.append(
                    f"doctor: rule {rule.name} failed and is left out: {type(error).__name__}: {error}"
                )
                continue
            if finding is not None:
                found[rule.name] = finding
        return found

    def _made(self, name: str, finding: Finding, found: Iterable[str], history: "History") -> FindingMade:
        rules = self._named
        holding = [*found, *(other for other in history.findings if other not in found)]
        explains = [other for other in rules[name].explains if other in holding]
        causes = [other for other in holding if other != name and other in rules and name in rules[other].explains]
        severity = finding.severity or rules[name].severity
        severity = "note" if causes and severity == "warning" else severity
        return FindingMade(
            rule=name,
            epoch=history.epoch,
            step=history.step,
            severity=severity,
            evidence=finding.evidence,
            why=finding.why,
            cure=finding.cure,
            request=_request(finding, history),
            explains=explains,
            explained_by=causes,
        )

    def _gone(self, found: Iterable[str], history: "History") -> list[Event]:
        found, events = set(found), []
        for name in history.findings:
            self._missed[name] = 0 if name in found else self._missed.get(name, 0) + 1
            patience = self._gone_after.get(name, GONE_AFTER)
            if self._missed[name] >= patience:
                self._missed[name] = 0
                self._gone_after[name] = min(2 * patience, GONE_AFTER_AT_MOST)
                events.append(FindingResolved(name, history.epoch, history.step))
        return events


def _checked(finding: object) -> Finding | None:
    """What a rule found, if that can be written down as strict JSON."""
    if finding is None:
        return None
    if not isinstance(finding, Finding):
        raise TypeError(f"it gave a {type(finding).__name__}, not a Finding or None")
    json.dumps([finding.evidence, finding.request], allow_nan=False)
    return finding


def _request(finding: Finding, history: "History") -> dict[str, Any] | None:
    """What a finding asks for, unless that would make the same run again."""
    request = finding.request
    same = request is not None and all(
        getattr(history.config, name, None) == (tuple(value) if isinstance(value, list) else value)
        for name, value in request["changes"].items()
    )
    return None if request is not None and same and request["action"] == "restart" else request


def _is_news(event: FindingMade, known: FindingMade | None) -> bool:
    """Whether a finding was not said yet, names other things than it did, or has lost a cause that explained it."""
    if known is None or _named(event) != _named(known) or not set(known.explained_by) <= set(event.explained_by):
        return True
    return rank(event.severity) > rank(known.severity)


def _named(event: FindingMade) -> dict[str, object]:
    """What a finding is about: the words and lists in its evidence, not the numbers, which change all the time."""
    return {name: value for name, value in event.evidence.items() if isinstance(value, str | list)}
