"""Trains the assignment's experiments over seeds, measures them and reports: `tui-trainer reproduce`."""
