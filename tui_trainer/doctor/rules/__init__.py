"""The rules that come with the package, causes before what they cause; a third party adds one by entry point."""

from tui_trainer.doctor.finding import Rule
from tui_trainer.doctor.rules import fit, given, numbers, start, steps, units

OWN: tuple[Rule, ...] = (*given.RULES, *start.RULES, *numbers.RULES, *units.RULES, *steps.RULES, *fit.RULES)
