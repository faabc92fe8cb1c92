"""One module for each full page; `registry.py` says which there are."""
