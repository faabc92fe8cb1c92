"""A neural-network library written from scratch in NumPy: start with layers.py, end with network.py."""
