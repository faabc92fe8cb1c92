"""Files of lines that are torn, garbage, missing or very long: what can be shown is, what was skipped is counted."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faulty_disk import hooked, without_waiting
from small_runs import copy_of, final, new_run

from tui_trainer.cli.main import main
from tui_trainer.events import EpochMeasured, SliceMeasured
from tui_trainer.history import History
from tui_trainer.lines import from_line, to_line
from tui_trainer.run import train_run
from tui_trainer.store import RunDirectory, RunReader, overview

GARBAGE = [
    *(b"garbage", b"{", b"{}", b"[]", b"null", b"\x00" * 50, b"\xff\xfe\xfd", b"[" * 100_000, b"9" * 5000),
    *(
        b'{"kind":"slice-measured"}',
        b'{"kind":"slice-measured","at":"x","epoch":1,"step":2,"loss":1,"error":1,"seconds":1}',
    ),
    *(
        b'{"kind":"epoch-measured","at":[],"epoch":{}}',
        b'{"kind":["a"]}',
        b'{"kind":"ended","status":7,"epoch":1,"step":1}',
    ),
    *(b'{"kind":"setting-changed","name":"epochs","old":"x","new":{},"epoch":1,"step":1}', b"\r", b"x" * 300_000),
    b'{"kind":"slice-measured","at":1,"epoch":1,"step":1e400,"loss":1,"error":1,"seconds":1}',
]


@pytest.fixture(scope="module")
def done(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A finished run; not to be changed."""
    run = new_run(small_mnist, tmp_path_factory.mktemp("done"))
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    return run


def shown(run: RunDirectory) -> dict:
    """What a reader makes of a run."""
    history = RunReader(run).read()
    curves = {name: (curve.epochs, curve.values) for name, curve in history.curves.items()}
    return {"curves": curves, **{k: v for k, v in history.summary().items() if k != "run"}}


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage[:30]))
def test_a_garbage_line_is_passed_over_and_counted(garbage: bytes, done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    for path in (run.metrics, run.events):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:3], garbage + b"\n", *lines[3:]]))
    reader = RunReader(run)
    reader.read()
    assert reader.skipped == 2 * bool(garbage.strip())
    assert shown(run) == shown(done)
    assert overview(run).epoch == 3


def test_a_torn_last_line_waits_until_it_is_whole(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    whole = run.metrics.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    run.metrics.write_bytes(whole[: last + 20])
    reader = RunReader(run)
    before = reader.read().inspected
    with run.metrics.open("ab") as file:
        file.write(whole[last + 20 :])
    assert reader.poll()
    assert reader.skipped == 0
    assert reader.history.inspected != before
    assert shown(run) == shown(done)


@pytest.mark.parametrize(
    "name", ["metrics.jsonl", "events.jsonl", "summary.json", "best.json", "requests.jsonl", ".lock"]
)
def test_a_missing_file_ends_nothing(
    name: str, done: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copy_of(done, tmp_path / "runs" / "run")
    (run.path / name).unlink(missing_ok=True)
    assert main(["show", str(run.path)]) == 0
    assert main(["runs", "--runs", str(tmp_path / "runs")]) == 0
    assert run.id in capsys.readouterr().out
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    assert final(run).tensors == final(done).tensors
    if name != "metrics.jsonl":
        assert final(run) == final(done)


def test_a_curve_that_lost_its_beginning_says_so(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    run.metrics.unlink()
    with hooked(without_waiting):
        history = train_run(run.path).history
    assert any("the curve has a gap" in warning for warning in history.warnings)


def test_show_says_how_many_lines_were_skipped(
    done: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copy_of(done, tmp_path / "run")
    run.metrics.write_bytes(b"garbage\n" * 3 + run.metrics.read_bytes())
    assert main(["show", str(run.path)]) == 0
    assert "3 lines could not be read and were passed over" in capsys.readouterr().out


def test_a_directory_in_the_place_of_a_file_ends_nothing(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    for name in ("metrics.jsonl", "summary.json", "requests.jsonl"):
        (run.path / name).unlink(missing_ok=True)
        (run.path / name).mkdir()
    assert RunReader(run).read().status == "done"
    assert overview(run).state == "done"


def long_metrics(path: Path, lines: int) -> None:
    """Slices, and now and then something else: garbage, a number that is none, an epoch."""
    rng = random.Random(11)
    with path.open("wb") as file:
        for i in range(lines):
            loss = rng.choice([rng.random(), rng.random(), 1e-7, 1e20, 3]) if i % 97 else float("nan")
            line = to_line(SliceMeasured(1 + i // 40, i, loss, rng.random(), i / 7, at=1e9 + i))
            file.write(line if i % 101 else line.replace(b',"nonfinite":{"loss":"nan"}', b""))
            if i % 10 == 9:
                epoch = EpochMeasured(1 + i // 40, i, *(rng.random() for _ in range(5)), i / 7, at=1e9 + i)
                bad = (i // 30_000) % 2 and i % 11_000 < 10
                file.write(to_line(replace(epoch, training_loss=float("inf")) if bad else epoch))
            if i % 20_000 == 0:
                file.write(rng.choice([b"garbage\n", b"\n", b'x{"kind":"slice-measured","at":1}\n', b"{}\n"]))


def test_a_long_file_is_folded_as_a_short_one(
    done: RunDirectory, tmp_path: Path, soak: Callable[[int, int], int]
) -> None:
    """A million lines (with --soak) take a short cut; it gives what each line by itself does."""
    run = copy_of(done, tmp_path / "run")
    lines = soak(80_000, 1_000_000)  # more than one piece in any case
    long_metrics(run.metrics, lines)
    quick = RunReader(run)
    by_short_cut = quick.read()
    slow = History(run.config(), 4)
    for line in run.metrics.read_bytes().split(b"\n"):
        if (event := from_line(line)) is not None:
            slow.add(event)
    for name in by_short_cut.curves:
        assert by_short_cut.curves[name].epochs == slow.curves[name].epochs
        assert np.array_equal(by_short_cut.curves[name].values, slow.curves[name].values, equal_nan=True)
    assert len(slow.curves["slice_loss"].values) == lines
    assert len(slow.curves["training_loss"].values) == lines // 10
    assert by_short_cut.seconds_at == slow.seconds_at
    assert (by_short_cut.epoch, by_short_cut.step, by_short_cut.seconds) == (slow.epoch, slow.step, slow.seconds)
    assert quick.skipped > 0


def test_a_line_that_never_ends_does_not_fill_the_memory(done: RunDirectory, tmp_path: Path) -> None:
    run = copy_of(done, tmp_path / "run")
    with run.metrics.open("ab") as file:
        file.truncate(run.metrics.stat().st_size + (1 << 26))
    reader = RunReader(run)
    assert reader.read().epoch == 3
    with run.metrics.open("ab") as file:
        file.write(b"\n" + to_line(SliceMeasured(4, 13, 1.0, 0.5, 9.0, at=2e9)))
    reader.poll()
    assert reader.history.step == 13


def test_a_run_that_begins_again_is_folded_anew(done: RunDirectory, tmp_path: Path) -> None:
    """A viewer looks while the metrics are cut back, and grow beyond what they were, from step 0."""
    run = copy_of(done, tmp_path / "run")
    reader = RunReader(run)
    reader.read()
    shutil.rmtree(run.checkpoints)
    run.checkpoints.mkdir()
    with hooked(without_waiting):
        assert train_run(run.path, epochs=4).code == 0
    reader.poll()
    steps = [json.loads(line)["step"] for line in run.metrics.read_bytes().splitlines() if b"slice" in line]
    assert [round(epoch * 4) for epoch in reader.history.curves["slice_loss"].epochs] == steps
