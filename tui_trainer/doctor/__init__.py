"""The doctor: names what is wrong with a run, from what was measured of it."""

from tui_trainer.diagnosis import ranked
from tui_trainer.doctor.case import Case, case_of
from tui_trainer.doctor.cures import tried_by_beginning
from tui_trainer.doctor.examine import Doctor, load_rules
from tui_trainer.doctor.finding import Finding, Rule, fork, live, restart, rule

__all__ = [
    "Case",
    "Doctor",
    "Finding",
    "Rule",
    "case_of",
    "fork",
    "live",
    "load_rules",
    "ranked",
    "restart",
    "rule",
    "tried_by_beginning",
]
