"""The trainer's process: `python -m tui_trainer.run DIRECTORY [--epochs N]`, started by `launch`."""

import argparse
import logging
import sys
from pathlib import Path

from tui_trainer.run.outcome import exit_code, one_line
from tui_trainer.run.trainer import train_run


def main() -> int:
    """Train the run that the command line names; its exit code."""
    parser = argparse.ArgumentParser(prog="tui_trainer.run")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--epochs", type=int)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return train_run(arguments.directory, epochs=arguments.epochs).code
    except Exception as error:
        print(one_line(error), file=sys.stderr)
        return exit_code(error)


if __name__ == "__main__":
    sys.exit(main())
