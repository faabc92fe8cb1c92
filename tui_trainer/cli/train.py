"""`tui-trainer` and `tui-trainer --batch`: start a run and watch it, or print it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tui_trainer.cli.console import fail, has_terminal, runs_folder
from tui_trainer.cli.flags import FlagsGiven, config_from, whole
from tui_trainer.cli.opening import open_app
from tui_trainer.exit_codes import USAGE

BatchFlag = Annotated[bool, Parameter(help="train in the foreground and print, without the app", negative="")]
PresetFlag = Annotated[str | None, Parameter(help="start from these settings (see `presets`)")]
FileFlag = Annotated[Path | None, Parameter(help="a TOML file of settings; they beat the preset")]
RunsFlag = Annotated[Path | None, Parameter(help="where runs lie; else $TUI_TRAINER_RUNS, else ./runs")]
SeedsFlag = Annotated[
    int | None, whole("with --batch: this many seeds on the same data, side by side where the engine can")
]
JsonFlag = Annotated[bool, Parameter(help="the result as one JSON object on stdout", negative="")]


def train(
    *,
    batch: BatchFlag = False,
    preset: PresetFlag = None,
    config: FileFlag = None,
    runs: RunsFlag = None,
    seeds: SeedsFlag = None,
    json: JsonFlag = False,
    flags: FlagsGiven = None,
) -> int:
    """Train a network: in the app, or with --batch in the foreground."""
    if not batch and json:
        return fail("--json goes with --batch", USAGE)
    if seeds is not None and (not batch or seeds < 1):
        return fail("--seeds goes with --batch" if not batch else f"seeds: must be at least 1, not {seeds}", USAGE)
    if not batch and not has_terminal():
        return fail("no terminal to draw on: use --batch", USAGE)
    settings = config_from(flags, preset, config)
    if not batch:
        return open_app(settings, runs_folder(runs))
    if seeds is not None:
        from tui_trainer.reproduce.batch import run_seeds

        return run_seeds(settings, seeds, runs_folder(runs), as_json=json)
    from tui_trainer.batch import run_batch

    return run_batch(settings, runs_folder(runs), as_json=json)
