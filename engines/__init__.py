"""Engines train networks. They know nothing of terminals, files or runs."""

from engines.catalogue import engine_names, engine_problem, is_engine, load_engine

__all__ = ["engine_names", "engine_problem", "is_engine", "load_engine"]
