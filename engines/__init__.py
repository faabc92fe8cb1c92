"""Engines train networks. They know nothing of terminals, files or runs."""

from engines.catalogue import engine_names, load_engine

__all__ = ["engine_names", "load_engine"]
