"""Seeds that train side by side leave the run directories that each would have left alone."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.interface import Metrics
from engines.scratch.together import TogetherLearner
from tui_trainer import data
from tui_trainer.checkpoint import read_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.events import WALL_CLOCK_FIELDS, Paused, Started
from tui_trainer.lines import from_line, to_record
from tui_trainer.reproduce.group import cannot_share
from tui_trainer.reproduce.runs import RunFolder, newest_state
from tui_trainer.reproduce.seeds import train_seeds
from tui_trainer.run import create, replay_run, request, train_run
from tui_trainer.store import CheckpointStore, LockedError, RunDirectory, RunLock, RunReader, overview

Configs = Callable[..., list[RunConfig]]

SEEDS = (5, 1, 8)


def silent(event: object, history: object) -> None:
    """Watches nothing."""


def trained(configs: list[RunConfig], runs: Path) -> list[RunDirectory]:
    folder = RunFolder(runs)
    assert train_seeds(configs, folder, silent) == 0
    return [folder.trained(config) for config in configs]


def measured(directory: RunDirectory) -> list[dict]:
    """The lines of `metrics.jsonl` without what the clock says."""
    events = [from_line(line) for line in directory.metrics.read_bytes().splitlines()]
    records = [to_record(event) for event in events if event]
    return [{name: value for name, value in r.items() if name not in WALL_CLOCK_FIELDS} for r in records]


@pytest.mark.parametrize("changes", [{}, {"dropout": 0.3, "optimizer": "adam"}, {"network": "mlp", "hidden": "16"}])
def test_a_run_is_the_same_trained_alone(configs: Configs, tmp_path: Path, changes: dict) -> None:
    asked = configs(SEEDS, **changes)
    for config, together in zip(asked, trained(asked, tmp_path / "together"), strict=True):
        alone = RunDirectory(train_alone(config, tmp_path / "alone"))
        assert measured(together) == measured(alone)
        expected = newest_state(alone)
        for name, array in newest_state(together).items():
            np.testing.assert_array_equal(array, expected[name])


def train_alone(config: RunConfig, runs: Path) -> Path:
    path = create(config, runs)
    assert train_run(path).code == 0
    return path


def test_each_run_says_with_whom_it_trained(configs: Configs, tmp_path: Path) -> None:
    for directory in trained(configs(SEEDS), tmp_path):
        assert directory.read()["together"] == list(SEEDS)
        assert b"side by side with 2 other seeds" in directory.events.read_bytes()
        assert overview(directory).state == "done"


def test_a_run_of_a_group_is_replayed_bit_for_bit(configs: Configs, tmp_path: Path) -> None:
    assert all(replay_run(directory).agrees for directory in trained(configs(SEEDS, dropout=0.2), tmp_path))


def test_each_is_charged_its_share_of_the_time(configs: Configs, tmp_path: Path) -> None:
    began = time.perf_counter()
    runs = trained(configs(SEEDS), tmp_path)
    took = time.perf_counter() - began
    seconds = [RunReader(run).read().seconds for run in runs]
    assert all(value > 0 for value in seconds)
    assert sum(seconds) < took


def test_what_is_done_is_not_trained_again(configs: Configs, tmp_path: Path) -> None:
    first = trained(configs(SEEDS), tmp_path)
    again = trained(configs((*SEEDS, 9)), tmp_path)
    assert [run.id for run in first] == [run.id for run in again[:3]]
    assert again[3].read()["together"] == [*SEEDS, 9]


def test_seeds_that_stand_at_different_steps_come_together(
    configs: Configs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is at its start, one within an epoch, one at the end of an epoch; all end in the bits of an unbroken run."""
    asked = configs(SEEDS, epochs=4)
    folder = RunFolder(tmp_path)
    for config, stop in zip(asked, (0, 27, 40), strict=True):
        directory = folder.add(RunDirectory(create(config, tmp_path)))
        if stop:
            stop_at(directory, stop)
            assert RunReader(directory).read().step == stop
    steps = count_steps(monkeypatch)
    assert train_seeds(asked, folder, silent) == 0
    assert sum(steps) == 80  # no step was trained for one alone that another had still to do
    for config in asked:
        alone = RunDirectory(train_alone(config, tmp_path / "alone"))
        assert measured(folder.trained(config)) == measured(alone)
        for name, array in newest_state(folder.trained(config)).items():
            np.testing.assert_array_equal(array, newest_state(alone)[name])


def stop_at(directory: RunDirectory, step: int) -> None:
    """Train a run up to a step, then stop it as a person would."""

    def watch(event: object, history: object) -> None:
        if isinstance(event, Started):
            request(directory.path, "pause")
            request(directory.path, "continue", steps=step - 8)  # the first slice has 8
        elif isinstance(event, Paused) and event.step == step:
            request(directory.path, "stop")

    train_run(directory.path, watch=watch)


def count_steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many steps each call trains side by side, from now on."""
    steps: list[int] = []
    train = TogetherLearner.train

    def counted(self: TogetherLearner, order: np.ndarray, batch_size: int) -> list[Metrics]:
        steps.append(len(order) // batch_size)
        return train(self, order, batch_size)

    monkeypatch.setattr(TogetherLearner, "train", counted)
    return steps


def test_a_killed_group_goes_on_where_it_was(configs: Configs, tmp_path: Path) -> None:
    asked = configs(SEEDS, epochs=80, checkpoint_seconds=0.05)
    pid = os.fork()
    if pid == 0:
        try:
            train_seeds(asked, RunFolder(tmp_path), silent)
        finally:
            os._exit(0)
    wait_for(lambda: any(b'"epoch":9,' in file.read_bytes() for file in tmp_path.glob("*/metrics.jsonl")))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    before = [run.id for run in (RunFolder(tmp_path).trained(config) for config in asked)]
    after = trained(asked, tmp_path)
    assert [run.id for run in after] == before
    for run in after:
        epochs = [r["epoch"] for r in measured(run) if r["kind"] == "epoch-measured"]
        assert epochs == list(range(1, 81))
    assert replay_run(after[0]).agrees


def wait_for(happened, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_signal_saves_all_and_the_command_goes_on(tmp_path: Path) -> None:
    code = "import sys; from tui_trainer.cli import main; sys.exit(main())"
    line = ["reproduce", "--seeds", "2", "--epochs", "8", "--preset", "assignment-1", "--out", str(tmp_path), "--json"]
    process = subprocess.Popen([sys.executable, "-c", code, *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: any(b"epoch-measured" in f.read_bytes() for f in tmp_path.glob("runs/*/metrics.jsonl")))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err
    runs = [RunDirectory(path) for path in sorted((tmp_path / "runs").iterdir())]
    assert [overview(run).state for run in runs] == ["interrupted", "interrupted"]
    for run in runs:
        steps = RunReader(run).read().step
        assert read_checkpoint(run.checkpoints / CheckpointStore(run).names()[0]).about["step"] == steps
    done = subprocess.run([sys.executable, "-c", code, *line], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0
    assert [overview(run).state for run in runs] == ["done", "done"]


def test_a_request_to_one_of_several_is_refused(configs: Configs, tmp_path: Path) -> None:
    asked = configs(SEEDS)
    folder = RunFolder(tmp_path)
    seen = itertools.count()

    def watch(event: object, history: object) -> None:
        if next(seen) == 0:
            request(next(tmp_path.iterdir()), "pause")

    assert train_seeds(asked, folder, watch) == 0
    said = b"".join(folder.trained(config).events.read_bytes() for config in asked)
    assert said.count(b'"request-refused"') == 1
    assert b"Ctrl+C stops them all" in said


def test_a_locked_run_stops_nothing_else(configs: Configs, tmp_path: Path) -> None:
    asked = configs(SEEDS)
    folder = RunFolder(tmp_path)
    held = folder.add(RunDirectory(create(asked[1], tmp_path)))
    with RunLock(held), pytest.raises(LockedError):
        train_seeds(asked, folder, silent)
    assert train_seeds(asked, folder, silent) == 0


def test_a_run_whose_settings_were_changed_is_of_no_experiment(configs: Configs, tmp_path: Path) -> None:
    (config,) = configs((2,))
    directory = RunDirectory(create(config, tmp_path))
    request(directory.path, "set", name="learning-rate", value=0.5)
    train_run(directory.path)
    assert RunFolder(tmp_path).find(config) is None


@pytest.mark.parametrize(
    ("seeds", "changes", "why"),
    [
        ((1,), {}, "one run"),
        ((1, 2), {"data_seed": None}, "own data"),
        ((1, 2), {"engine": "pytorch"}, "pytorch"),
        ((1, 2), {"network": "lenet"}, "conv2d"),
    ],
)
def test_what_cannot_share_says_why(configs: Configs, seeds: tuple[int, ...], changes: dict, why: str) -> None:
    asked = configs(seeds, **changes)
    assert why in (cannot_share(asked, data.load(asked[0])) or "")


def test_configs_that_differ_in_more_than_the_seed_cannot_share(configs: Configs) -> None:
    asked = configs((1, 2))
    asked[1] = asked[1].replace(learning_rate=0.5)
    assert cannot_share(asked, data.load(asked[0])) == "they differ in learning_rate"


def test_seeds_with_their_own_data_train_one_after_another(configs: Configs, tmp_path: Path) -> None:
    runs = trained(configs((1, 2), data_seed=None), tmp_path)
    assert [run.read()["together"] for run in runs] == [[], []]
    assert all(overview(run).state == "done" for run in runs)
