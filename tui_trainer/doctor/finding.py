"""What a rule is, and what it finds: the two words that a rule is written with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tui_trainer.diagnosis import SEVERITIES
from tui_trainer.doctor.case import Case

ACTIONS = ("set", "stop", "fork", "restart")


@dataclass(frozen=True)
class Finding:
    """Something wrong: the numbers that show it, why it is so, what to do, and the change that does it.

    A `request` is `{"action": "set" | "stop" | "fork" | "restart", "changes": {setting: value}}`: live, by ending the
    run, on a branch from the newest checkpoint, or in a new run; None where none of these mends it. `ValueError` for
    another.
    """

    evidence: dict[str, Any]
    why: str
    cure: str
    request: dict[str, Any] | None = None
    severity: str | None = None  # where it is not the rule's

    def __post_init__(self) -> None:
        if self.severity not in (None, *SEVERITIES):
            raise ValueError(f"severity must be one of {', '.join(SEVERITIES)}, not {self.severity!r}")
        if self.request is not None and not (
            self.request.get("action") in ACTIONS and isinstance(self.request.get("changes"), dict)
        ):
            raise ValueError(f"a request must have an action ({', '.join(ACTIONS)}) and changes, not {self.request!r}")


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong with a run: a name, and a pure function that finds it in a case, or None."""

    name: str
    severity: str
    summary: str  # one line, for lists of rules
    check: Callable[[Case], Finding | None]
    explains: tuple[str, ...] = field(default=())  # rules whose findings follow from this one


def rule(
    name: str, severity: str, summary: str, explains: tuple[str, ...] = ()
) -> Callable[[Callable[[Case], Finding | None]], Rule]:
    """Make a rule of a function."""
    if severity not in SEVERITIES:
        raise ValueError(f"severity must be one of {', '.join(SEVERITIES)}, not {severity!r}")
    return lambda check: Rule(name, severity, summary, check, explains)


def live(**changes: Any) -> dict[str, Any]:
    """A change that a running trainer makes."""
    return {"action": "set", "changes": changes}


def stop() -> dict[str, Any]:
    """The end of a run that has got as far as it will; its best checkpoint is kept."""
    return {"action": "stop", "changes": {}}


def fork(**changes: Any) -> dict[str, Any]:
    """A change on a branch from the newest checkpoint."""
    return {"action": "fork", "changes": changes}


def restart(**changes: Any) -> dict[str, Any]:
    """A change that only a new run can make."""
    return {"action": "restart", "changes": changes}
