"""The terminal app: a viewer of runs, and a starter of them."""
