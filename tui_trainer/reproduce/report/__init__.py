"""Writes what a reproduction found: `report.html`, one file that opens anywhere, and `report.md` with its figures."""

from tui_trainer.reproduce.report.write import write_report

__all__ = ["write_report"]
