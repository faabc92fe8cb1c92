"""`tui-trainer check-gradients | bench-threads`: what can be measured on a network without a run."""

import os
import time
from typing import Any

from tui_trainer.cli.console import fail, print_json, say
from tui_trainer.cli.flags import FlagsGiven, config_from
from tui_trainer.cli.train import FileFlag, JsonFlag, PresetFlag
from tui_trainer.config import RunConfig
from tui_trainer.exit_codes import BUG
from tui_trainer.run import check_device
from tui_trainer.run.start import check_engine, check_network

EXAMPLES = 8  # enough for a gradient; more only average it
TOLERANCE = 1e-6
SECONDS = 1.0  # of training for each thread count
MANY = 1_000_000  # epochs: no network ends before that time is over


def check_gradients(
    *, preset: PresetFlag = None, config: FileFlag = None, json: JsonFlag = False, flags: FlagsGiven = None
) -> int:
    """Check backpropagation of a network against central differences in float64, layer by layer."""
    from engines.scratch.gradient_check import check_gradients as check
    from tui_trainer import data

    settings = config_from(flags, preset, config)
    loaded = data.load(settings)
    training = loaded.splits["training"]
    check_network(settings, training.inputs.shape[1:], training.classes)
    inputs = (training.inputs[:EXAMPLES].astype("float64") - training.shift) * training.factor
    rows = check(
        settings.network_config,
        inputs=inputs,
        labels=training.labels[:EXAMPLES],
        classes=training.classes,
        seed=settings.seed,
    )
    if json:
        print_json([{**vars(row), "ok": row.error <= TOLERANCE} for row in rows])
    else:
        say(f"{'layer':<14} {'parameter':<10} {'shape':<18} {'checked':>7}  relative error")
        for row in rows:
            verdict = "ok" if row.error <= TOLERANCE else f"above {TOLERANCE:g}"
            shape = "×".join(map(str, row.shape))
            say(f"{row.layer:<14} {row.parameter:<10} {shape:<18} {row.checked:>7}  {row.error:.1e}  {verdict}")
    wrong = [f"{row.layer}.{row.parameter}" for row in rows if not row.error <= TOLERANCE]
    return fail(f"the gradient of {', '.join(wrong)} disagrees", BUG) if wrong else 0


def bench_threads(
    *,
    preset: PresetFlag = None,
    config: FileFlag = None,
    json: JsonFlag = False,
    flags: FlagsGiven = None,
) -> None:
    """Train a network for a second with each number of threads, and say what more of them would give."""
    from tui_trainer import data

    settings = config_from(flags, preset, config)
    check_engine(settings)
    check_device(settings)
    loaded = data.load(settings)
    cores = os.cpu_count() or 1
    counts = sorted({1, *(n for n in (2, 4, 8, 16, 32) if n < cores), cores})
    rates = {threads: _examples_per_second(settings.replace(threads=threads), loaded) for threads in counts}
    if json:
        return print_json({str(threads): rate for threads, rate in rates.items()})
    say("threads  examples per second  against one")
    for threads, rate in rates.items():
        say(f"{threads:>7}  {rate:>19,.0f}  {rate / rates[1]:>10.2f}×")
    return None


def _examples_per_second(config: RunConfig, loaded: Any) -> float:
    from engines import load_engine
    from tui_trainer.training import Training

    learner = load_engine(config.engine).build(
        config.network_config,
        config.optimizer_config,
        splits=loaded.splits,
        seed=config.seed,
        device=config.device,
        threads=config.threads,
    )
    examples = len(loaded.splits["training"])
    training = Training(config.replace(epochs=MANY), learner, examples)
    slices = training.slices()
    next(slices)  # the first slice pays for what is done once
    begun, before = time.perf_counter(), training.progress.step
    for _ in slices:
        if time.perf_counter() - begun > SECONDS:
            break
    done = (training.progress.step - before) / training.progress.steps_per_epoch  # epochs
    return done * min(examples, training.progress.steps_per_epoch * config.batch_size) / (time.perf_counter() - begun)
