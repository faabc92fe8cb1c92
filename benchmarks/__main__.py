"""`make bench`: runs the named benchmarks, or all that take minutes rather than hours, one after another."""

import importlib
import pkgutil
import sys
from pathlib import Path

NOT_BY_DEFAULT = ("doctor", "pictures")  # they have targets of their own


def main(names: list[str]) -> None:
    """Each module in this folder has a `main()` that prints its rows; its first line says what they are."""
    here = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name != "__main__"]
    unknown = set(names) - set(here)
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(sorted(unknown))}: choose from {', '.join(here)}")
    for name in names or [name for name in here if name not in NOT_BY_DEFAULT]:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "main"):
            continue
        print(f"== {name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        module.main()


if __name__ == "__main__":
    main(sys.argv[1:])
