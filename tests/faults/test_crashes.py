"""The process dies before, after and within every call to the disk, and then again on the way back."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_disk import Call, Died, counted, dies_at, hooked, without_waiting
from small_runs import Final, copy_of, final, new_run

from tui_trainer.checkpoint import read_checkpoint
from tui_trainer.run import train_run
from tui_trainer.store import CheckpointStore, RunDirectory

Points = list[tuple[int, str]]


@pytest.fixture(scope="module")
def begun(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that has not begun; not to be changed."""
    return new_run(small_mnist, tmp_path_factory.mktemp("begun"), keep_every=2)


@pytest.fixture(scope="module")
def reference(begun: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> tuple[Final, list[Call]]:
    """What the run comes to when nothing happens to it, and its calls."""
    run = copy_of(begun, tmp_path_factory.mktemp("reference") / "run")
    calls = counted(lambda: train_run(run.path))
    return final(run), calls


def points(calls: list[Call]) -> Points:
    """Every place at which a process can die."""
    return [
        (call.number, when)
        for call in calls
        for when in ("before", "after", "torn")
        if when != "torn" or (call.method == "write" and len(call.arguments[1]) > 1)
    ]


def die(run: RunDirectory, number: int, when: str) -> bool:
    """Train until the process dies there; False when it was done before that."""
    try:
        with hooked(dies_at(number, when)):
            train_run(run.path)
    except Died:
        return True
    return False


def go_on(run: RunDirectory) -> None:
    with hooked(without_waiting):
        assert train_run(run.path).code == 0


def assert_something_good_is_left(run: RunDirectory, published: bool) -> None:
    store = CheckpointStore(run)
    for name in store.names():
        read_checkpoint(store.path(name))
    assert store.names() or not published


def assert_tidy(run: RunDirectory) -> None:
    assert not [file for file in run.path.rglob("*") if file.name.endswith(".tmp") or "corrupt" in file.name]


def is_publication(call: Call) -> bool:
    return call.method == "replace" and call.arguments[1].name.startswith("step-")


def test_a_run_that_dies_at_any_call_goes_on_to_the_same_bits(
    begun: RunDirectory, reference: tuple[Final, list[Call]], tmp_path: Path
) -> None:
    expected, calls = reference
    first = next(call.number for call in calls if is_publication(call))
    for number, when in points(calls):
        run = copy_of(begun, tmp_path / f"{number}-{when}")
        assert die(run, number, when)
        assert_something_good_is_left(run, (number, when) >= (first + 1, ""))
        go_on(run)
        assert final(run) == expected, (calls[number], when)
        assert_tidy(run)


def test_it_may_die_again_on_the_way_back(
    begun: RunDirectory, reference: tuple[Final, list[Call]], tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    expected, calls = reference
    rng = random.Random(2)
    for i in range(soak(60, 3_000)):
        run = copy_of(begun, tmp_path / str(i))
        number, when = rng.choice(points(calls))
        die(run, number, when)
        for _ in range(rng.choice([1, 1, 2])):
            die(run, rng.randrange(60), rng.choice(["before", "after"]))
        go_on(run)
        assert final(run) == expected, (i, calls[number], when)
        assert_tidy(run)


def test_every_kind_of_call_was_died_at(reference: tuple[Final, list[Call]]) -> None:
    made = {(call.method, call.path.name.partition("-")[0]) for call in reference[1]}
    assert {("write", "metrics.jsonl"), ("write", "events.jsonl"), ("unlink", "step")} <= made
    assert {("replace", ".step"), ("replace", ".best.json.tmp"), ("replace", ".summary.json.tmp")} <= made
    assert {("fsync", "metrics.jsonl"), ("fsync", "checkpoints")} <= made
