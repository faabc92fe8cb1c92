"""Opening a run with a million lines of metrics, as a trainer writes them and as slices alone; wall-clock seconds."""

import shutil
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from tui_trainer.config import resolve
from tui_trainer.events import EpochMeasured, Inspected, SliceMeasured
from tui_trainer.lines import to_line
from tui_trainer.run import create, train_run
from tui_trainer.store import RunDirectory, RunReader
from tui_trainer.training import LINES_PER_EPOCH

LINES = 1_000_000
ROUNDS = 3


def main() -> None:
    """Print one line for each kind of file."""
    folder = Path(tempfile.mkdtemp())
    try:
        run = RunDirectory(create(resolve({"epochs": 1, "train_examples": 3200, "validation_examples": 500}), folder))
        inspected = train_run(run.path).history.inspected
        for name, kept in (("as a trainer writes them", inspected), ("slices alone", None)):
            _write(run.metrics, kept)
            seconds = median(_open(run) for _ in range(ROUNDS))
            size = run.metrics.stat().st_size / 1e6
            print(f"{name}: {LINES:,} lines, {size:.0f} MB, opened in {seconds:.2f} s")
    finally:
        shutil.rmtree(folder)


def _write(path: Path, inspected: Inspected | None) -> None:
    """An epoch's lines again and again, with other numbers."""
    layers = b"" if inspected is None else to_line(inspected)
    with path.open("wb") as file:
        written = epoch = 0
        while written < LINES:
            epoch += 1
            for i in range(LINES_PER_EPOCH):
                step, at = epoch * 100 + i * 10, 1.8e9 + epoch + i / 10
                file.write(to_line(SliceMeasured(epoch, step, 1 / (step + 0.1), 0.1 + 1 / step, step / 7, at=at)))
            written += LINES_PER_EPOCH
            if layers:
                measured = EpochMeasured(epoch, step, 1 / epoch, 0.1, 0.1, 0.123456789, 0.01, step / 7, at=at)
                file.write(to_line(measured) + layers)
                written += 2


def _open(run: RunDirectory) -> float:
    begun = perf_counter()
    RunReader(run).read()
    return perf_counter() - begun


if __name__ == "__main__":
    main()
