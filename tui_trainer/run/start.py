"""Make a run, start its trainer as a process of its own, and ask it for things."""

import contextlib
import dataclasses
import math
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engines import engine_problem, load_engine
from engines.networks import Layer, resolve_network
from tui_trainer import __version__, data
from tui_trainer.clock import now
from tui_trainer.config import DEFAULT_PRESET, RunConfig, resolve
from tui_trainer.settings import SettingError
from tui_trainer.store import RunDirectory, send_request
from tui_trainer.store.directory import make_run
from tui_trainer.training import steps_per_epoch


def create(
    config: RunConfig,
    runs: Path,
    parent: dict[str, Any] | None = None,
    begin: Callable[[RunDirectory], None] = lambda directory: None,
) -> Path:
    """Check a config against its engine and data, and make its run directory; nothing is written when it cannot be.

    `begin` writes the state that it begins from, if any. Raises `SettingError`, `DataError` or `OSError`.
    """
    check_engine(config)
    surveyed = data.survey(config)
    check_network(surveyed.config, surveyed.input_shape, surveyed.classes)
    return make_run(runs, describe(surveyed, parent), begin).path


def check(config: RunConfig) -> None:
    """All of `create`'s checks that are quick enough to make at each key; raises what it raises."""
    check_engine(config)
    data.check(config)
    if config.network != "custom":  # whose end depends on the number of classes
        check_network(config, data.input_shape(config), 10)


def check_network(config: RunConfig, shape: tuple[int, ...], classes: int) -> None:
    """`SettingError` where the network cannot be built for inputs of `shape`."""
    network = config.network_config
    try:
        _check_batches(config, resolve_network(network, shape, classes))
    except SettingError:
        raise
    except ValueError as error:
        name = "network"
        with contextlib.suppress(ValueError):
            resolve_network(dataclasses.replace(network, dropout_at="none"), shape, classes)
            name = "dropout_at"
        raise SettingError(name, str(error)) from None


def _check_batches(config: RunConfig, layers: Iterable[Layer]) -> None:
    """`SettingError` where batch-norm would meet a batch of one number a feature, which has no variance."""
    left = (config.train_examples or 0) % config.batch_size if config.partial_batch else 0
    single = any(layer.kind == "batch-norm" and math.prod(layer.input_shape[1:]) == 1 for layer in layers)
    if single and (left or config.batch_size) == 1:
        raise SettingError("batch_size", "must leave at least two examples for each batch: the network has batch-norm")


def check_device(config: RunConfig) -> None:
    """`SettingError` where the engine cannot be used or has no such device here; may import a heavy library."""
    check_engine(config)
    devices = load_engine(config.engine).devices()
    if config.device not in devices:
        raise SettingError("device", f"there is no {config.device!r} here: choose from {', '.join(devices)}")


def check_engine(config: RunConfig) -> None:
    """`SettingError` where the engine of a config cannot be used here."""
    if problem := engine_problem(config.engine):
        raise SettingError("engine", problem)


def describe(surveyed: data.Survey, parent: dict[str, Any] | None = None) -> dict[str, Any]:
    """What `run.json` says of a run beside its schema and id."""
    config = surveyed.config
    return {
        "title": config.title,
        "created": now(),
        "config": config.to_mapping(),
        "seed": config.seed,
        "steps_per_epoch": _steps(config),
        "classes": surveyed.classes,
        "input_shape": list(surveyed.input_shape),
        "data": [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in surveyed.files],
        **environment(config),
        "git_commit": _git_commit(),
        "parent": parent,
    }


def _steps(config: RunConfig) -> int:
    try:
        return steps_per_epoch(config, config.train_examples or 0)
    except ValueError as error:
        raise SettingError("batch_size", str(error).partition(": ")[2]) from None


def environment(config: RunConfig) -> dict[str, Any]:
    """What the bits of a result can depend on beside the config: versions, threads, processor."""
    return {
        "versions": {
            "tui-trainer": __version__,
            "python": sys.version.split()[0],
            "numpy": _version("numpy"),
            "torch": _version("torch"),
            "blas": _blas(),
        },
        "threads": config.threads,
        "cpu": _cpu(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _blas() -> str:
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"


def _cpu() -> str:
    import platform

    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _git_commit() -> str | None:
    """The commit of our own code, where it lies in a repository of its own."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def launch(directory: Path, *, epochs: int | None = None) -> subprocess.Popen[bytes]:
    """Start the trainer of a run, detached: its own session, no terminal, its output in `trainer.log`."""
    arguments = [] if epochs is None else ["--epochs", str(epochs)]
    with RunDirectory(directory).log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tui_trainer.run", str(directory), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def request(directory: Path, action: str, **arguments: Any) -> str:
    """Ask the trainer of a run for something (`store.requests`); the id under which it will answer."""
    return send_request(RunDirectory(directory), action, **arguments)


def config_command(config: RunConfig) -> str:
    """The exact `tui-trainer --batch` line that trains a config; layers can stand in a file only, which it names."""
    base = resolve({}).to_mapping()
    words = ["tui-trainer", "--batch", "--preset", DEFAULT_PRESET]
    for name, value in config.to_mapping().items():
        if value == base[name] or name == "layers":
            continue
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif value is not None:
            words += [f"--{flag}", ",".join(map(str, value)) if isinstance(value, list) else str(value)]
    return shlex.join(words) + (" --config FILE-WITH-ITS-LAYERS.toml" if config.layers else "")
