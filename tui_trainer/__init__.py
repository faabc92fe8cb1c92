"""Train neural networks and watch them learn, in a terminal."""


def __getattr__(name: str) -> str:
    """`__version__`, looked up when it is asked for: the library that knows it takes a while to import."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tui-trainer")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+source"
