"""The same config, seed, weights and batches on two engines, side by side: how far they differ, and what they cost."""

from tui_trainer.duel.match import DuelError, check, duel
from tui_trainer.duel.round import Measured, Round, from_line, to_line

__all__ = ["DuelError", "Measured", "Round", "check", "duel", "from_line", "to_line"]
