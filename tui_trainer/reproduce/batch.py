"""`--batch --seeds N`: one config from several seeds, its accuracies with their spread."""

import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tui_trainer import data
from tui_trainer.batch import percent
from tui_trainer.config import RunConfig
from tui_trainer.exit_codes import DIVERGED
from tui_trainer.reproduce.group import cannot_share
from tui_trainer.reproduce.measured import KINDS, SPLITS
from tui_trainer.reproduce.progress import Progress
from tui_trainer.reproduce.seeds import make_runs, train_runs
from tui_trainer.run import check_device
from tui_trainer.statistics import Spread, spread
from tui_trainer.store import RunDirectory, RunReader
from tui_trainer.text import printable


def run_seeds(config: RunConfig, seeds: int, runs: Path, *, as_json: bool = False) -> int:
    """Train a config from `seeds` seeds, counted from its own, on the same data in the same order; the exit code.

    Side by side where `group.cannot_share` has nothing against it. Raises what `create` raises, or `SettingError`.
    """
    check_device(config)
    configs = [config.replace(seed=config.seed + place, data_seed=config.order_seed) for place in range(seeds)]
    loaded = data.load(configs[0])
    alone = cannot_share(configs, loaded)
    began = time.perf_counter()
    directories = make_runs(configs, runs, [] if alone else [config.seed for config in configs])
    progress = Progress(float(sum(config.epochs for config in configs)), findings=True)
    try:
        for each, directory in zip(configs, directories, strict=True):
            progress.say(f"seed {each.seed}: {directory.path}")
        progress.begin(f"{seeds} seeds" + (", one after another" if alone else ", side by side"), 1.0, {})
        code = train_runs(directories, loaded, alone is None, progress)
    finally:
        progress.close()
    if not code and any(RunReader(directory).read().status == "diverged" for directory in directories):
        code = DIVERGED
    found = summary(directories) | {"together": alone is None, "seconds": time.perf_counter() - began}
    if as_json:
        print(json.dumps(found, allow_nan=False))
    else:
        _print(found)
    return code


def summary(directories: Sequence[RunDirectory]) -> dict[str, Any]:
    """Accuracies over the seeds, as fractions, and every run, as plain JSON values."""
    runs = [RunReader(directory).read().summary() for directory in directories]
    accuracy = {split: {kind: _spread(runs, split, kind) for kind in KINDS} for split in SPLITS}
    return {
        "seeds": [run["seed"] for run in runs],
        "accuracy": accuracy,
        "runs": [run | {"directory": str(d.path)} for run, d in zip(runs, directories, strict=True)],
    }


def _spread(runs: Sequence[dict[str, Any]], split: str, kind: str) -> dict[str, float] | None:
    values = [value for run in runs if (value := run["accuracy"][split][kind]) is not None]
    return dataclasses.asdict(spread(values)) if values else None


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    how = "side by side" if found["together"] else "one after another"
    title = f"accuracy over {len(found['seeds'])} seeds, {how}, {found['seconds']:.1f} s"
    table = Table(title=title, title_justify="left")
    for heading in ("", *(f"{split} {kind}" for split in SPLITS for kind in KINDS)):
        table.add_column(heading, justify="right" if heading else "left")
    for run in found["runs"]:
        cells = [percent(run["accuracy"][split][kind]) for split in SPLITS for kind in KINDS]
        table.add_row(f"{run['seed']} {run['status']}", *cells)
    table.add_section()
    for name in (field.name for field in dataclasses.fields(Spread)):
        spreads = [found["accuracy"][split][kind] for split in SPLITS for kind in KINDS]
        table.add_row(name, *(percent(value and value[name]) for value in spreads))
    console = Console(highlight=False, markup=False)
    console.print(table)
    for run in found["runs"]:
        if run["status"] not in ("done", "diverged"):
            console.print(printable(f"go on with: tui-trainer resume {run['directory']}"), soft_wrap=True)
