"""One side of a duel: a process that trains with one engine, an epoch at a time, when it is told to.

`python -m tui_trainer.duel.side FOLDER` reads the config as a line of JSON, then a line for each epoch. It answers
each with a line of JSON, after it has put weights and the loss of each step into `FOLDER/<engine>.safetensors`.
"""

import json
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from engines import load_engine
from tui_trainer import data
from tui_trainer.checkpoint import Checkpoint, write_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.duel.round import Measured
from tui_trainer.events import EpochMeasured
from tui_trainer.exit_codes import DIVERGED
from tui_trainer.run.outcome import exit_code, one_line
from tui_trainer.training import Training, steps_per_epoch


def peak_memory() -> int | None:
    """Bytes that this process held at most so far, or None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def build(config: RunConfig) -> Training:
    """A training at its initial weights; what the engine, the data or the settings have against it is raised."""
    loaded = data.load(config)
    training = loaded.splits["training"]
    learner = load_engine(config.engine).build(
        loaded.config.network_config,
        loaded.config.optimizer_config,
        splits=loaded.splits,
        seed=config.seed,
        device=config.device,
        threads=config.threads,
        steps=config.epochs * steps_per_epoch(loaded.config, len(training)),
    )
    return Training(loaded.config, learner, len(training))


def epochs(training: Training) -> Iterator[EpochMeasured]:
    """Train, and stop at the end of each epoch."""
    for events in training.slices():
        yield from (event for event in events if isinstance(event, EpochMeasured))


def save(training: Training, path: Path) -> None:
    """Weights and statistics by name, and under `losses` the loss of each step of the last epoch."""
    state = training.learner.state_dict()
    arrays = {name: array for name, array in state.items() if not name.startswith(("optimizer.", "random."))}
    arrays["losses"] = training.progress.losses.copy()
    write_checkpoint(path, Checkpoint(arrays, {"step": training.progress.step}))


def fight(config: RunConfig, folder: Path, orders: TextIO) -> Iterator[dict[str, Any]]:
    """An answer for each order: first that it is ready, then what each epoch measured; at last, divergence."""
    path = folder / f"{config.engine}.safetensors"
    training = build(config)
    save(training, path)
    yield {"ready": training.progress.steps_per_epoch}
    measured, before = epochs(training), 0.0
    for _ in orders:
        event = next(measured, None)
        numbers = () if event is None else _numbers(event)
        if event is None or not all(map(math.isfinite, numbers)):
            where = f"at step {training.diverged_at}" if training.diverged_at else "on the validation split"
            yield {"error": f"the loss was not finite {where}", "code": DIVERGED}
            return
        save(training, path)
        yield asdict(Measured(*numbers, event.seconds - before, peak_memory()))
        before = event.seconds


def _numbers(event: EpochMeasured) -> tuple[float, ...]:
    return (event.training_loss, event.training_error, event.validation_loss, event.validation_error)


def main() -> int:
    """Answer on the standard output that was given; whatever an engine prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        config = RunConfig.from_mapping(json.loads(sys.stdin.readline()))
        for answer in fight(config, Path(sys.argv[1]), sys.stdin):
            print(json.dumps(answer, allow_nan=False), file=answers, flush=True)
    except BrokenPipeError:
        return 0
    except Exception as error:
        print(json.dumps({"error": one_line(error), "code": exit_code(error)}), file=answers, flush=True)
        return exit_code(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
