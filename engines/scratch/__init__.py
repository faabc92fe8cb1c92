"""A neural-network library written from scratch in NumPy."""
