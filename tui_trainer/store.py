"""The run directory: its files, who may write them, and how anybody reads them while they grow."""
