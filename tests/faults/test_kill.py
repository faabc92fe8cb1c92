"""SIGKILL at random instants until the run is done: the bits are those of a run that was left alone."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from child_work import train
from children import ended, start
from small_runs import Final, copy_of, final, new_run

from tui_trainer.store import CheckpointStore, RunDirectory

ENGINES = ("scratch", "pytorch")
LONGEST_LIFE = 0.3  # seconds; longer where the machine is too busy to get on in that time


def killed_until_done(run: RunDirectory, rng: random.Random) -> int:
    """Train a run in children that are killed after a random time; how many were."""
    kills, longest, names = 0, LONGEST_LIFE, CheckpointStore(run).names()
    while True:
        child = start(train, run.path)
        child.join(rng.uniform(0, longest))
        child.kill()
        code = ended(child)
        if code == 0:
            return kills
        assert code == -9
        kills += 1
        before, names = names, CheckpointStore(run).names()
        longest = LONGEST_LIFE if names != before else longest * 1.2


@pytest.fixture(scope="module", params=ENGINES)
def begun(request: pytest.FixtureRequest, small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that saves every few steps; not to be changed."""
    often = {"checkpoint_seconds": 0.004, "keep_every": 7, "optimizer": "adam", "epochs": 16}
    return new_run(small_mnist, tmp_path_factory.mktemp("begun"), engine=request.param, train_examples=640, **often)


@pytest.fixture(scope="module")
def reference(begun: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> Final:
    """What the run comes to when it is left alone."""
    run = copy_of(begun, tmp_path_factory.mktemp("reference") / "run")
    assert ended(start(train, run.path)) == 0
    return final(run)


@pytest.mark.timeout(7200)
def test_a_run_that_is_killed_again_and_again_comes_to_the_same_bits(
    begun: RunDirectory, reference: Final, tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    rng, kills, runs = random.Random(1), 0, 0
    while kills < soak(25, 500):
        run = copy_of(begun, tmp_path / str(runs))
        kills += killed_until_done(run, rng)
        assert final(run) == reference
        assert not list(run.path.rglob("corrupt-*"))
        runs += 1
    print(f"{kills} kills in {runs} runs, 0 that could not be resumed")
