"""How a report was made: commands, times, versions, machine and data, so that anybody can make it again."""

import os
import platform
import shlex
from collections.abc import Iterator
from typing import Any

from tui_trainer.config import RunConfig
from tui_trainer.reproduce.report.blocks import Block, Code, Heading, Line, Table, Text
from tui_trainer.reproduce.report.words import duration
from tui_trainer.reproduce.reproduction import Reproduction
from tui_trainer.run import config_command
from tui_trainer.text import printable


def how_it_was_made(found: Reproduction) -> Iterator[Block]:
    """The last section."""
    about = [result.directory.read() for row in (*found.rows, *found.own_data) for result in row.seeds.values()]
    yield Heading(2, "How it was made")
    yield Code([command(found)])
    yield Text(
        f"That command took {duration(found.seconds)}, in which it trained what was not yet trained; all "
        f"{_count(found)} runs together took {duration(found.training_seconds)} of training. Each run has a directory "
        "of its own, under `runs` beside this report: `tui-trainer show`, `attach`, `resume` and `replay` take it. "
        "The first seed of each row by itself:"
    )
    yield Code([_alone(next(iter(row.seeds.values())).directory.config()) for row in found.rows])
    yield Table(["what", "which"], [Line(line) for line in facts(about)], left=2)
    files = {(file["name"], file["size"], file["sha256"]) for run in about for file in run["data"]}
    lines = [Line([printable(name), f"{size:,}", printable(sha)]) for name, size, sha in sorted(files)]
    yield Table(["data file", "bytes", "SHA-256"], lines)


def command(found: Reproduction) -> str:
    """The line that made this."""
    words = ["tui-trainer", "reproduce", "--seeds", str(found.plan.seeds)]
    if found.plan.own_seeds is not None:
        words += ["--own-seeds", str(found.plan.own_seeds)]
    for preset in dict.fromkeys(e.preset for e in found.plan.experiments) if found.plan.chosen else ():
        words += ["--preset", preset]
    if found.plan.epochs is not None:
        words += ["--epochs", str(found.plan.epochs)]
    return shlex.join(words)


def _alone(config: RunConfig) -> str:
    """The line that trains one run of a row, in the same bits, by itself."""
    plain = {"title": "", "checkpoint_seconds": 0.0, "train_examples": None, "validation_examples": None}
    return config_command(config.replace(**plain))


def _count(found: Reproduction) -> int:
    return sum(len(row.seeds) for row in (*found.rows, *found.own_data)) + len(found.checks)


def facts(about: list[dict[str, Any]]) -> list[list[str]]:
    """What the bits depend on; where runs were made on different ones, all are named."""
    versions = {name for run in about for name in run["versions"]}
    found = {name: [run["versions"].get(name) for run in about] for name in sorted(versions)}
    found |= {"processor": [run["cpu"] for run in about], "threads of a run": [run["threads"] for run in about]}
    found |= {"commit": [run["git_commit"] for run in about]}
    lines = [[name, ", ".join(_distinct(values))] for name, values in found.items()]
    return [*lines, ["system", printable(platform.platform())], ["processors", str(os.cpu_count())]]


def _distinct(values: list[Any]) -> list[str]:
    return sorted({"none" if value is None else printable(value) for value in values})
