"""The rules that come with the package, causes before what they cause; a third party adds one by entry point."""

from tui_trainer.doctor.finding import Rule
from tui_trainer.doctor.rules import fit, given, numbers, overshoot, start, steps, units

_MODULES = (given, start, numbers, units, overshoot, steps, fit)

OWN: tuple[Rule, ...] = tuple(rule for module in _MODULES for rule in module.RULES)
