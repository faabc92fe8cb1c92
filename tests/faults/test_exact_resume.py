"""A run that was stopped and resumed anywhere gives the same bits as one that was not: weights, optimizer, metrics."""

import itertools
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from faulty_disk import hooked, without_waiting
from small_runs import Final, bits, copy_of, events_of, final, new_run, newest, small_config, without_clock

from engines import load_engine
from engines.config import OPTIMIZERS
from engines.interface import Dataset
from tui_trainer import data
from tui_trainer.checkpoint import read_checkpoint, write_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.events import EpochMeasured, Event, Started
from tui_trainer.history import History
from tui_trainer.inspection import Inspector
from tui_trainer.lines import to_line
from tui_trainer.run import replay_run, train_run
from tui_trainer.run.signals import Signals
from tui_trainer.run.trainer import Trainer
from tui_trainer.store import CheckpointStore, RunDirectory, RunLock, RunReader, send_request
from tui_trainer.training import Training

ENGINES = ("scratch", "pytorch")
STOPS = 52  # every step of two epochs
KEPT_USED = 4  # out of five learners that are restored, so many have trained before


@pytest.fixture(scope="module")
def loaded(small_mnist: Path) -> Callable[[RunConfig], dict[str, Dataset]]:
    return cache(lambda config: data.load(config).splits)


def matrix_config(folder: Path, **changes: object) -> RunConfig:
    """26 steps an epoch, the last of them smaller, and a schedule."""
    sizes = {"train_examples": 205, "validation_examples": 40, "batch_size": 8, "partial_batch": True, "epochs": 2}
    return small_config(folder, network="mlp", hidden="12", **sizes, **changes)


def training_of(config: RunConfig, splits: dict[str, Dataset]) -> Training:
    learner = load_engine(config.engine).build(
        config.network_config, config.optimizer_config, splits=splits, seed=config.seed, threads=1
    )
    inspect = Inspector(config.network_config, splits["validation"])
    return Training(config, learner, len(splits["training"]), inspect=inspect)


def train(training: Training, until: int | None = None) -> list[dict]:
    """Train to a step or to the end; what was measured, without clocks."""
    training.stop_at = until
    said = []
    for events in training.slices():
        said += [without_clock(to_line(event)) for event in events]
        if training.progress.step == until:
            break
    return said


def saved(training: Training, path: Path) -> Path:
    checkpoint = training.checkpoint({})
    assert checkpoint is not None
    with hooked(without_waiting):
        write_checkpoint(path, checkpoint)
    return path


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_stopped_at_any_step(
    engine: str, optimizer: str, dropout: float, loaded: Callable, small_mnist: Path, tmp_path: Path
) -> None:
    """At each of 52 steps the state is written, read into another learner, and trained to the end."""
    config = matrix_config(
        small_mnist, engine=engine, optimizer=optimizer, dropout=dropout, dropout_at="hidden", schedule="cosine"
    )
    splits = loaded(config)
    whole = training_of(config, splits)
    metrics, at, kept = [], [0], []
    for step in range(STOPS):
        kept.append(saved(whole, tmp_path / f"{step}"))
        metrics += train(whole, step + 1)
        at.append(len(metrics))
    assert whole.done
    expected = bits(whole.learner.state_dict())
    learners: Iterator[Training] = itertools.cycle(training_of(config, splits) for _ in range(2))
    for step, path in enumerate(kept):
        again = training_of(config, splits) if step % (KEPT_USED + 1) == 0 else next(learners)
        again.restore(read_checkpoint(path))
        assert train(again) == metrics[at[step] :], step
        assert bits(again.learner.state_dict()) == expected, step


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_of_ten_resumes_through_the_run_directory(
    engine: str, small_mnist: Path, tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    """Ten stops at chosen steps, some in an epoch, with every optimizer in turn (or each) and dropout on."""
    sizes = {"train_examples": 640, "epochs": 6, "dropout_at": "input", "engine": engine}  # 20 steps an epoch
    rng = random.Random(5)
    for optimizer in OPTIMIZERS if soak(0, 1) else ("adamw", "nesterov"):
        begun = new_run(small_mnist, tmp_path / optimizer, optimizer=optimizer, **sizes)
        whole = copy_of(begun, tmp_path / optimizer / "whole")
        with hooked(without_waiting):
            assert train_run(whole.path).code == 0
            for stop in sorted(rng.sample(range(1, 119), 10)):
                assert stopped_at(begun, stop) == "stopped"
                assert newest(begun).about["step"] == stop
            assert train_run(begun.path).code == 0
        assert final(begun) == final(whole)


def stopped_at(directory: RunDirectory, step: int) -> str:
    """Train a run to a step and stop it there; how it ended."""
    with Signals() as signals, RunLock(directory):
        trainer = Trainer(directory, RunReader(directory), signals, lambda event, history: None)
        trainer.begin()
        trainer.training.stop_at = step
        for events in trainer.training.slices():
            trainer.say(*events)
            if trainer.training.progress.step == step:
                break
        trainer.stopping = "saved"
        outcome = trainer.end()
        trainer.close()
    return outcome.history.status


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_with_interventions_resumes_and_a_fork_replays(engine: str, small_mnist: Path, tmp_path: Path) -> None:
    """Settings changed live, a stop, a resume: `replay` trains it again from its trail, to the same bits."""
    run = new_run(small_mnist, tmp_path / "runs", engine=engine, optimizer="momentum", epochs=5)
    asked = {1: ("learning_rate", 0.03), 2: ("dropout", 0.5), 3: ("momentum", 0.5), 4: ("weight_decay", 1e-3)}

    def ask(event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured) and event.epoch in asked:
            name, value = asked[event.epoch]
            send_request(run, "set", name=name, value=value)
        if isinstance(event, EpochMeasured) and event.epoch == 2 and "momentum" not in history.settings:
            send_request(run, "stop")

    with hooked(without_waiting):
        assert train_run(run.path, watch=ask).history.status == "stopped"
        assert replay_run(run).agrees
        assert train_run(run.path, watch=ask).code == 0
        assert newest(run).about["settings"] == dict(asked.values())
        assert replay_run(run).agrees
        assert train_run(run.path, epochs=7).code == 0
        result = replay_run(run)
    assert result.agrees
    assert result.step == 28
    assert "agree bit for bit" in result.sentence


def test_a_replay_that_differs_says_so(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path / "runs")
    with hooked(without_waiting):
        train_run(run.path)
        kept = newest(run)
        kept.tensors["linear1.bias"][0] += 1
        write_checkpoint(run.checkpoints / CheckpointStore(run).names()[0], kept)
        result = replay_run(run)
    assert not result.agrees
    assert "differ" in result.sentence


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_config_gives_the_same_bytes(engine: str, threads: int, small_mnist: Path, tmp_path: Path) -> None:
    """Five times, for each engine and number of threads."""
    finals: list[Final] = []
    for i in range(5):
        run = new_run(small_mnist, tmp_path / str(i), engine=engine, threads=threads, epochs=2, train_examples=320)
        with hooked(without_waiting):
            assert train_run(run.path).code == 0
        finals.append(final(run))
    assert finals == [finals[0]] * 5


def test_a_different_machine_is_said_in_one_line(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path / "runs")
    about = run.about.read_text().replace('"threads": 1,\n  "cpu": "', '"threads": 4,\n  "cpu": "another ')
    run.about.write_text(about)
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
        assert replay_run(run).agrees
    (note,) = [note for event in events_of(run, Started) for note in event.notes]
    assert note.startswith("may not be bit-exact: threads 4 → 1, processor another ")
