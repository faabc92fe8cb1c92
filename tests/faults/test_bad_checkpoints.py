"""The newest checkpoint is cut, flipped, spliced or foreign: it is never used, and the one before it is."""

import json
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faulty_disk import hooked, without_waiting
from safetensors.numpy import save as save_tensors
from small_runs import bits, copy_of, events_of, final, new_run, newest

from tui_trainer.checkpoint import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from tui_trainer.events import CheckpointSetAside, Started
from tui_trainer.run import train_run
from tui_trainer.store import CheckpointStore, RunDirectory

Mutation = Callable[[random.Random, bytearray], bytes | bytearray]


@pytest.fixture(scope="module")
def done(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A finished run; not to be changed."""
    run = new_run(small_mnist, tmp_path_factory.mktemp("done"), optimizer="adam", epochs=2, keep_every=1)
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    return run


def flip(rng: random.Random, data: bytearray) -> bytearray:
    for _ in range(rng.choice([1, 1, 1, 2, 30])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def flip_in_header(rng: random.Random, data: bytearray) -> bytearray:
    data[rng.randrange(8 + int.from_bytes(data[:8], "little"))] ^= 1 << rng.randrange(8)
    return data


def cut(rng: random.Random, data: bytearray) -> bytearray:
    return data[: rng.choice([0, 1, 7, 8, 9, rng.randrange(len(data)), len(data) - 1])]


def zero_page(rng: random.Random, data: bytearray) -> bytearray:
    start = rng.randrange(0, len(data), 4096)
    data[start : start + 4096] = bytes(len(data[start : start + 4096]))
    return data


def extend(rng: random.Random, data: bytearray) -> bytearray:
    return data + rng.randbytes(rng.randrange(1, 5000))


def splice(rng: random.Random, data: bytearray) -> bytearray:
    length = rng.randrange(1, 2000)
    a, b = rng.randrange(len(data)), rng.randrange(len(data))
    data[a : a + length] = data[b : b + length]
    return data


def noise(rng: random.Random, data: bytearray) -> bytes:
    return rng.randbytes(rng.randrange(0, 3000))


def longer_header(rng: random.Random, data: bytearray) -> bytearray:
    data[:8] = struct.pack("<Q", rng.choice([0, 1, 1 << 20, 1 << 40, (1 << 64) - 1, len(data)]))
    return data


def other_header(rng: random.Random, data: bytearray) -> bytes:
    """A header that is JSON, and says something else of the same bytes."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    name = rng.choice(sorted(header))
    entry = header[name]
    if rng.random() < 0.2:
        del header[name]
    elif name == "__metadata__":
        entry[rng.choice(["about", "sha256"])] = rng.choice(["", "{}", "[]", "0" * 64, "9" * 5000, "[" * 5000])
    else:
        entry[rng.choice(["shape", "dtype", "data_offsets"])] = rng.choice(
            [[], [0], [1 << 40], [-1], "I32", "F16", "BF16", [0, 4], [1 << 62, 1 << 63], None, "x"]
        )
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def foreign(rng: random.Random, data: bytearray) -> bytes:
    return save_tensors({"linear1.weight": np.zeros((10, 784), np.float32)}, {"format": "pt"})


MUTATIONS: list[Mutation] = [
    *(flip, flip_in_header, cut, zero_page, extend, splice, noise, longer_header, other_header, foreign)
]


def test_a_mutated_checkpoint_is_never_used(
    done: RunDirectory, tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    """500 or 10,000 of them: the one before is found, both are named, and the bad one is kept."""
    store = CheckpointStore(done)
    new, old = store.names()[:2]
    whole, before = store.path(new).read_bytes(), read_checkpoint(store.path(old))
    expected = bits(read_checkpoint(store.path(new)).tensors)
    run = copy_of(done, tmp_path / "run")
    rng, harmless = random.Random(4), 0
    for i in range(soak(500, 10_000)):
        mutation = MUTATIONS[i % len(MUTATIONS)]
        store = CheckpointStore(run)
        store.path(new).write_bytes(mutation(rng, bytearray(whole)))
        with hooked(without_waiting):
            found = store.find(lambda checkpoint: None, len(whole) + 10_000)
        assert found.checkpoint is not None
        if found.name == new:  # the very same contents, e.g. a space more in the header
            assert bits(found.checkpoint.tensors) == expected, mutation
            harmless += 1
            continue
        assert found.name == old
        assert bits(found.checkpoint.tensors) == bits(before.tensors)
        (aside,) = found.set_aside
        assert (aside.name, aside.renamed) == (new, f"corrupt-{new}")
        assert aside.reason.isprintable()
        assert "\n" not in aside.reason
        store.path(aside.renamed).unlink()
    assert harmless < soak(500, 10_000) / 20


def test_a_run_goes_on_from_the_one_before_and_names_both(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    new, old = CheckpointStore(run).names()[:2]
    (run.checkpoints / new).write_bytes((run.checkpoints / new).read_bytes()[:-1])
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert final(run) == final(done)
    (aside,) = events_of(run, CheckpointSetAside)
    assert (aside.name, aside.renamed) == (new, f"corrupt-{new}")
    assert events_of(run, Started)[-1].resumed_from == old


def test_when_all_are_bad_the_run_begins_again_and_says_so(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    for name in CheckpointStore(run).names():
        (run.checkpoints / name).write_bytes(b"")
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert final(run) == final(done)
    assert "beginning again from step 0" in events_of(run, Started)[-1].notes[-1]


def test_each_bad_one_keeps_a_name_of_its_own(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    name = CheckpointStore(run).names()[0]
    for i in range(4):
        (run.checkpoints / name).write_text(f"bad {i}")
        CheckpointStore(run).find(lambda checkpoint: None)
    kept = {path.read_text() for path in run.checkpoints.glob("corrupt-*")}
    assert kept == {"bad 0", "bad 1", "bad 2", "bad 3"}


@pytest.mark.parametrize("kind", ["directory", "fifo", "dangling link", "link to a device", "link to a loop"])
def test_what_is_no_plain_file_is_refused_without_waiting(kind: str, done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    store = CheckpointStore(run)
    new, old = store.names()[:2]
    path = store.path(new)
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to({"dangling link": "nowhere", "link to a device": "/dev/zero", "link to a loop": new}[kind])
    found = store.find(lambda checkpoint: None)
    assert found.name == old
    assert not path.exists()


def test_a_swapped_state_of_the_same_run_is_refused(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    new, old = (run.checkpoints / name for name in CheckpointStore(run).names()[:2])
    new.write_bytes(old.read_bytes())
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert final(run) == final(done)
    assert "another step" in events_of(run, CheckpointSetAside)[0].reason


def test_another_runs_state_is_refused(done: RunDirectory, small_mnist: Path, tmp_path: Path) -> None:
    other = new_run(small_mnist, tmp_path / "runs", optimizer="adam", epochs=2, seed=7)
    run = copy_of(done, tmp_path / "run")
    with hooked(without_waiting):
        train_run(other.path)
        name = CheckpointStore(run).names()[0]
        (run.checkpoints / name).write_bytes((other.checkpoints / name).read_bytes())
        assert train_run(run.path).code == 0
    assert final(run) == final(done)
    assert "another run" in events_of(run, CheckpointSetAside)[0].reason


HOSTILE = {
    "step": [None, "8", -8, 1e308, float("nan"), [], 10**400],
    "seconds": [None, "x", [], 10**400],
    "settings": [None, "x", {"learning_rate": "fast"}, {"epochs": -1}, {"no_such": 1}, {"dropout": {}}],
    "best": [None, [], {"epoch": "x"}, {"epoch": 1, "error": None}],
    "metrics_offset": [None, "0", -1, 1.5, []],
    "run": [None, 1, "../..", {}],
}


@pytest.mark.parametrize(("field", "value"), [(name, value) for name, values in HOSTILE.items() for value in values])
def test_a_hostile_description_with_a_right_digest_is_set_aside(
    field: str, value: object, done: RunDirectory, tmp_path: Path
) -> None:
    """Whoever can write a file can write a right SHA-256: what it says is checked before anything is touched."""
    run = copy_of(done, tmp_path / "run")
    kept = newest(run)
    name = CheckpointStore(run).names()[0]
    about = json.dumps({**kept.about, field: value})
    data = save_tensors(dict(kept.tensors), {"about": about, "sha256": digest(kept, about)})
    (run.checkpoints / name).write_bytes(data)
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert final(run) == final(done)
    assert (run.checkpoints / f"corrupt-{name}").is_file()


def digest(checkpoint: Checkpoint, about: str) -> str:
    from tui_trainer.checkpoint import _digest

    return _digest(checkpoint.tensors, about)


@pytest.mark.parametrize("shape", ["[1073741824, 1024]", "[4611686018427387904]", "[0, 4611686018427387904]"])
def test_nothing_large_is_allocated_for_a_header_that_promises_much(shape: str, tmp_path: Path) -> None:
    header = (
        f'{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":[0,0]}},"__metadata__":{{"about":"{{}}","sha256":""}}}}'
    )
    path = tmp_path / "bomb"
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode())
    with pytest.raises(CheckpointError):
        read_checkpoint(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(CheckpointError, match="size"):
        read_checkpoint(path)


def test_a_state_that_no_longer_fits_the_network_is_refused_and_kept(done: RunDirectory, tmp_path: Path) -> None:
    """That is no damage: the run's own config says something else than its states do."""
    run = copy_of(done, tmp_path / "run")
    kept = newest(run)
    tensors = {name: array for name, array in kept.tensors.items() if "linear1.bias" not in name}
    write_checkpoint(run.checkpoints / CheckpointStore(run).names()[0], Checkpoint(tensors, kept.about))
    names, metrics = CheckpointStore(run).names(), run.metrics.read_bytes()
    outcome = train_run(run.path)
    assert outcome.code == 65
    assert "linear1.bias" in outcome.history.reason
    assert CheckpointStore(run).names() == names
    assert run.metrics.read_bytes() == metrics
