"""The disk is full, over quota, read-only, broken, forbidden, out of descriptors: at every call, once and for good."""

import errno
import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_disk import Call, counted, hooked, refuses, without_waiting
from small_runs import Final, copy_of, events_of, final, new_run, tree

from tui_trainer.events import CheckpointSaved, Ended, EpochMeasured, Event, Paused, SaveFailed, Warned
from tui_trainer.exit_codes import INPUT_OUTPUT
from tui_trainer.history import History
from tui_trainer.run import create, exit_code, train_run
from tui_trainer.store import CheckpointStore, RunDirectory, list_runs, overview, send_request

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EROFS, errno.EMFILE)


@pytest.fixture(scope="module")
def begun(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that has not begun; not to be changed."""
    return new_run(small_mnist, tmp_path_factory.mktemp("begun"))


@pytest.fixture(scope="module")
def half(begun: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """The same run, stopped after its first epoch; not to be changed."""
    run = copy_of(begun, tmp_path_factory.mktemp("half") / "run")

    def stop(event: Event, history: History) -> None:
        if isinstance(event, EpochMeasured):
            send_request(run, "stop")

    assert train_run(run.path, watch=stop).history.status == "stopped"
    return run


@pytest.fixture(scope="module")
def reference(half: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> tuple[Final, list[Call]]:
    """What the run comes to from there, and the calls that it makes."""
    run = copy_of(half, tmp_path_factory.mktemp("reference") / "run")
    calls = counted(lambda: train_run(run.path))
    return final(run), calls


def train(run: RunDirectory) -> tuple[int, list[Event]]:
    """Train; the exit code that its process would leave with, and all that was said."""
    said: list[Event] = []
    try:
        return train_run(run.path, watch=lambda event, history: said.append(event)).code, said
    except OSError as error:
        return exit_code(error), said


def names_the_failure(said: list[Event]) -> bool:
    """Whether a person was told: by a failed save, a warning or a reason of the end."""
    return any(isinstance(event, SaveFailed | Warned) or (isinstance(event, Ended) and event.reason) for event in said)


def assert_honest(run: RunDirectory, before: dict[str, bytes], code: int, said: list[Event]) -> None:
    """Nothing good is lost, and nothing is said to be done or saved that is not."""
    store = CheckpointStore(run)
    saved = [event for event in said if isinstance(event, CheckpointSaved)]
    if not saved:
        assert before.items() <= tree(run.checkpoints).items()
    else:
        assert store.names()[0] >= saved[-1].name
    if code == 0:
        assert final(run).about["epoch"] == 3
        assert any(isinstance(event, Ended) for event in events_of(run)[-2:])  # a failure at the end is said after it
    else:
        assert code == INPUT_OUTPUT
        assert names_the_failure(said) or not said


def goes_on(run: RunDirectory, expected: Final) -> None:
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert final(run) == expected
    assert overview(run).state == "done"


def test_any_call_may_be_refused_once(
    half: RunDirectory, reference: tuple[Final, list[Call]], tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    """In an ordinary run each call by one error in turn; in a long one each by all."""
    expected, calls = reference
    before = tree(half.checkpoints)
    turn = itertools.cycle(ERRORS)
    for number in range(len(calls)):
        for error in [next(turn) for _ in range(soak(1, len(ERRORS)))]:
            run = copy_of(half, tmp_path / f"{number}-{error}")
            with hooked(refuses(lambda call, number=number: call.number == number, error)):
                code, said = train(run)
            assert_honest(run, before, code, said)
            goes_on(run, expected)


def test_the_disk_may_refuse_all_from_any_call_on(
    half: RunDirectory, reference: tuple[Final, list[Call]], tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    expected, calls = reference
    before = tree(half.checkpoints)
    changing = ("open", "write", "fsync", "replace", "unlink", "truncate", "mkdir")
    turn = itertools.cycle(ERRORS)
    for number in range(len(calls)):
        for error in [next(turn) for _ in range(soak(1, len(ERRORS)))]:
            run = copy_of(half, tmp_path / f"{number}-{error}")
            with hooked(refuses(lambda call, n=number: call.number >= n and call.method in changing, error)):
                code, said = train(run)
            assert code == INPUT_OUTPUT, (number, calls[number])
            assert_honest(run, before, code, said)
            goes_on(run, expected)


def test_a_run_that_cannot_be_made_is_none(small_mnist: Path, begun: RunDirectory, tmp_path: Path) -> None:
    config = begun.config()
    calls = counted(lambda: create(config, tmp_path / "all"))
    for number, error in zip(range(len(calls)), itertools.cycle(ERRORS), strict=False):
        runs = tmp_path / str(number)
        with (
            hooked(refuses(lambda call, number=number: call.number == number, error)),
            pytest.raises(OSError, match=os.strerror(error)),
        ):
            create(config, runs)
        for run in list_runs(runs):  # but where the last fsync alone was refused: then it is whole
            assert train_run(run.path).code == 0


def full_until(free: Callable[[], bool]) -> Callable:
    """A disk that is full for checkpoints until there is room again."""
    return refuses(lambda call: call.method == "write" and ".step-" in call.path.name and not free(), errno.ENOSPC)


def test_training_goes_on_and_the_next_interval_tries_again(half: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(half, tmp_path / "run")
    said: list[Event] = []
    with hooked(full_until(lambda: any(isinstance(event, EpochMeasured) and event.epoch == 3 for event in said))):
        code = train_run(run.path, watch=lambda event, history: said.append(event)).code
    assert code == 0
    kinds = [type(event) for event in said if isinstance(event, SaveFailed | CheckpointSaved)]
    assert kinds == [SaveFailed, CheckpointSaved]
    failed = next(event for event in said if isinstance(event, SaveFailed))
    assert "No space left" in failed.reason
    assert [e.step for e in events_of(run, SaveFailed)] == [8]
    assert [e.step for e in events_of(run, CheckpointSaved)][-1] == 12


def test_or_it_pauses_as_the_setting_says(small_mnist: Path, tmp_path: Path) -> None:
    run = new_run(small_mnist, tmp_path, on_save_failure="pause")
    said: list[Event] = []

    def watch(event: Event, history: History) -> None:
        said.append(event)
        if isinstance(event, Paused):
            assert history.save_failure is not None
            send_request(run, "save")  # there is room again
            send_request(run, "continue")

    with hooked(full_until(lambda: any(isinstance(event, Paused) for event in said))):
        assert train_run(run.path, watch=watch).code == 0
    assert [event.reason for event in said if isinstance(event, Paused)] == ["could not save"]
    assert events_of(run, Ended)[-1].status == "done"


def test_a_run_that_cannot_write_its_end_exits_74(half: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(half, tmp_path / "run")
    with hooked(refuses(lambda call: call.method == "write", errno.ENOSPC)):
        code, said = train(run)
    assert code == INPUT_OUTPUT
    assert names_the_failure(said)
    assert before_end(run) == before_end(half)


def before_end(run: RunDirectory) -> list[str]:
    return [json.loads(line)["kind"] for line in run.events.read_bytes().splitlines()]


def test_what_could_not_be_written_comes_later(half: RunDirectory, tmp_path: Path) -> None:
    """Lines wait in memory while the disk is full, and are all there in the end, in order."""
    run = copy_of(half, tmp_path / "run")
    said: list[Event] = []
    full = refuses(
        lambda call: call.method == "write" and call.path.suffix == ".jsonl" and len(said) in range(4, 12), 28
    )
    with hooked(full):
        code = train_run(run.path, watch=lambda event, history: said.append(event)).code
    assert code == 0
    steps = [json.loads(line)["step"] for line in run.metrics.read_bytes().splitlines()]
    assert steps == sorted(steps)
    assert {"slice-measured", "epoch-measured"} <= {
        json.loads(x)["kind"] for x in run.metrics.read_bytes().splitlines()
    }
    assert len(events_of(run, SaveFailed)) >= 1


def test_no_permission_is_said_and_costs_no_checkpoint(half: RunDirectory, tmp_path: Path) -> None:
    """A checkpoint that cannot be opened now may be good: it is not called bad, and not set aside."""
    run = copy_of(half, tmp_path / "run")
    before = tree(run.checkpoints)

    def denied(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda path: denied(path) if path.suffix == ".safetensors" else real(path))
        code, said = train(run)
    assert code == INPUT_OUTPUT
    assert "Permission denied" in str(said[-1])
    assert tree(run.checkpoints) == before


real = Path.read_bytes


@pytest.mark.parametrize("paused", [False, True])
def test_a_run_that_is_deleted_ends_and_leaves_nothing(begun: RunDirectory, tmp_path: Path, paused: bool) -> None:
    """Nobody could ask for its end any more."""
    run = copy_of(begun, tmp_path / "run")
    said: list[Event] = []

    def watch(event: Event, history: History) -> None:
        said.append(event)
        if paused and isinstance(event, EpochMeasured):
            send_request(run, "pause")
        if isinstance(event, CheckpointSaved if paused else EpochMeasured) and (history.status == "paused") == paused:
            shutil.rmtree(run.path)

    assert train_run(run.path, watch=watch).code == INPUT_OUTPUT
    (end,) = (event for event in said if isinstance(event, Ended))
    assert (end.status, end.epoch) == ("failed", 1)
    assert "deleted" in end.reason
    assert not run.path.exists()
