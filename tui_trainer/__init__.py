"""Train neural networks and watch them learn, in a terminal."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("tui-trainer")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+source"
