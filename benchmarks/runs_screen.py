"""The Runs screen over ten thousand runs, in a real pty: until it is seen, a page is turned, all is read."""

import json
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.app import Terminal, app, memory
from tui_trainer.config import resolve
from tui_trainer.events import Ended
from tui_trainer.lines import to_line
from tui_trainer.tui.run_columns import COLUMNS
from tui_trainer.tui.run_list import RunList

RUNS = 10_000
ROUNDS = 5
PAGES = 60
PAGE = 34  # rows that Page Down moves by, at 120×40


def make_runs(folder: Path) -> None:
    """Directories as finished runs leave them, without checkpoints; the newest has the highest number."""
    config = resolve({}).to_mapping()
    ended = to_line(Ended("done", 60, 60 * 937)).decode()
    for number in range(RUNS):
        path = folder / f"20260101-000000-{number:05d}"
        path.mkdir()
        about = {
            "schema": [1, 0],
            "id": path.name,
            "title": f"number {number:05d}",
            "created": 1.7e9 + number,
            "config": {**config, "learning_rate": 0.1 / (1 + number % 7)},
            "steps_per_epoch": 937,
            "data": [],
            "versions": {},
            "parent": None,
        }
        accuracy = {"max": 0.9, "final": number / RUNS}
        summary = {
            "status": "done",
            "epochs": 60,
            "epochs_asked": 60,
            "dropout": 0.0,
            "learning_rate": 0.01,
            "accuracy": {"training": accuracy, "validation": accuracy},
            "seconds": 60.0,
        }
        for name, text in (
            ("run.json", json.dumps(about)),
            ("metrics.jsonl", ""),
            ("events.jsonl", ended),
            (".lock", ""),
        ):
            (path / name).write_text(text)
        (path / "summary.json").write_text(json.dumps(summary))


def opened(runs: Path) -> tuple[float, float, Terminal]:
    """Seconds from the key to the names, and to the first row with its figures; the app, which goes on reading."""
    terminal = app(runs)
    terminal.wait_for(b"Start")
    terminal.drain(1.5)
    begun = time.perf_counter()
    terminal.type(b"3")
    found: dict[bytes, float] = {}
    drawn = b""
    while len(found) < 2:
        drawn += terminal.read(0.5)
        for text in (b"10,000 runs in", b"99.99 %"):
            if text in drawn:
                found.setdefault(text, time.perf_counter() - begun)
        if time.perf_counter() - begun > 30:
            terminal.close()
            raise TimeoutError("the runs were not drawn")
    return found[b"10,000 runs in"], found[b"99.99 %"], terminal


def pages(terminal: Terminal, first: int) -> list[float]:
    """Seconds from Page Down to the picture of the new page, again and again."""
    times = []
    for page in range(first, first + PAGES):
        terminal.type(b"\x1b[6~")
        times.append(terminal.wait_for(b"-%05d" % (RUNS - 1 - page * PAGE), 5))
        terminal.drain(0.1)
    return times


def told(times: list[float]) -> str:
    """Median and 95th percentile."""
    return f"median {statistics.median(times) * 1e3:.0f} ms, 95th {sorted(times)[int(len(times) * 0.95)] * 1e3:.0f} ms"


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_runs(folder)
        names, rows = [], []
        for _ in range(ROUNDS):
            to_names, to_rows, terminal = opened(folder)
            names.append(to_names)
            rows.append(to_rows)
            if len(names) < ROUNDS:
                terminal.close()
        print(f"{RUNS:,} runs, from the key: names {told(names)}; the first rows in full {told(rows)}")
        print(f"Page Down while the others are read: {told(pages(terminal, 1))}")
        terminal.drain(20)
        print(f"Page Down when all are read: {told(pages(terminal, 1 + PAGES))}")
        print(f"memory {memory(terminal.process.pid):.0f} MB")
        terminal.close()
        runs, begun = RunList(folder), time.perf_counter()
        runs.work([], 600)
        print(f"reading all: {time.perf_counter() - begun:.1f} s")
        for column in COLUMNS:
            runs.key, begun = column.key, time.perf_counter()
            runs.order()
            print(f"sorting by {column.name}: {(time.perf_counter() - begun) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
