"""A run directory of schema 1.0, kept for ever: every version reads it and goes on; a newer major is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faulty_disk import hooked, without_waiting
from small_runs import copy_of, newest, tree, without_clock

from tui_trainer.cli.main import main
from tui_trainer.run import replay_run, train_run
from tui_trainer.store import RunDirectory, RunReader, SchemaError, overview

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden(tmp_path: Path) -> RunDirectory:
    """A copy of the golden run, and of its data, that may be changed."""
    shutil.copytree(GOLDEN / "data", tmp_path / "data")
    run = copy_of(RunDirectory(GOLDEN / "run"), tmp_path / "runs" / "golden")
    change(run, lambda about: about["config"].update(data=str(tmp_path / "data")))
    return run


def change(run: RunDirectory, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit `run.json`, as no version of ours does."""
    about = json.loads(run.about.read_text())
    edit(about)
    run.about.write_text(json.dumps(about))


def test_it_is_read_as_it_was(golden: RunDirectory) -> None:
    reader = RunReader(golden)
    history = reader.read()
    summary = json.loads((GOLDEN / "run" / "summary.json").read_text())
    assert reader.skipped == 0
    assert (history.status, history.epoch, history.step) == ("done", 4, 28)
    assert history.accuracy("validation")["final"] == summary["accuracy"]["validation"]["final"]
    assert history.settings == {"learning_rate": 0.005}
    assert len(history.curves["slice_loss"].values) == 28
    assert [mark.kind for mark in history.marks if mark.kind in ("setting", "resume")] == ["setting", "resume"]
    assert history.surveyed is not None
    row = overview(golden)
    assert (row.state, row.epoch, row.title, row.optimizer) == ("done", 4, "the golden run", "adam")


def test_its_states_are_read(golden: RunDirectory) -> None:
    found = newest(golden)
    assert found.about["step"] == 28
    assert found.tensors["linear1.weight"].shape == (6, 64)
    assert {"optimizer.step", "optimizer.linear1.weight.exp_avg", "random.masks"} <= found.tensors.keys()


@pytest.mark.parametrize("engine", ["scratch", "pytorch"])
def test_it_goes_on_with_either_engine(engine: str, golden: RunDirectory) -> None:
    change(golden, lambda about: about["config"].update(engine=engine))
    before = golden.metrics.read_bytes()
    with hooked(without_waiting):
        assert train_run(golden.path, epochs=6).code == 0
    assert golden.metrics.read_bytes().startswith(before)
    steps = [without_clock(line)["step"] for line in golden.metrics.read_bytes().splitlines()]
    assert steps == sorted(steps)
    assert newest(golden).about["step"] == 42
    assert replay_run(golden).step == 42


COMMANDS = [
    *(["show"], ["show", "--json"], ["resume", "--batch"], ["resume", "--batch", "--epochs", "2"]),
    *(["fork", "--batch"], ["pause"], ["continue"], ["stop"], ["set", "learning-rate", "0.1"], ["replay"]),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_newer_major_is_refused_in_one_line_and_nothing_is_written(
    command: list[str], golden: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    change(golden, lambda about: about.update(schema=[2, 0]))
    before = tree(golden.path.parent)
    name, *rest = command
    words = rest[:2] if name == "set" else []
    options = rest[2:] if name == "set" else rest
    code = main([name, *words, str(golden.path), *options])
    said = capsys.readouterr()
    assert code == 65
    assert said.err.count("\n") == 1
    assert "newer tui-trainer (schema 2.0)" in said.err
    assert said.out == ""
    assert tree(golden.path.parent) == before


def test_the_list_of_runs_says_which_it_cannot_read(golden: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    copy_of(golden, golden.path.with_name("newer"))
    change(RunDirectory(golden.path.with_name("newer")), lambda about: about.update(schema=[2, 0]))
    assert main(["runs", "--runs", str(golden.path.parent)]) == 0
    said = capsys.readouterr().out
    assert "the golden run" in said
    assert "newer tui-trainer" in said


def test_a_newer_minor_is_read_and_what_is_unknown_is_passed_over(golden: RunDirectory) -> None:
    change(golden, lambda about: about.update(schema=[1, 9], colour="red"))
    with golden.metrics.open("ab") as file:
        file.write(b'{"kind":"teleported","at":2e9,"epoch":4}\n')
        file.write(b'{"kind":"slice-measured","at":2e9,"epoch":5,"step":29,"loss":1,"error":0,"seconds":1,"x":2}\n')
    history = RunReader(golden).read()
    assert history.step == 29


def test_a_setting_that_only_a_newer_version_knows_is_refused(golden: RunDirectory) -> None:
    change(golden, lambda about: about["config"].update(colour="red"))
    with pytest.raises(SchemaError, match="colour"):
        RunReader(golden)


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"schema": [1]}',
    b'{"schema": "11"}',
    b'{"schema": [1, 0]}',
    b"\xff",
]


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: repr(text[:20]))
def test_a_broken_run_json_is_refused_in_one_line(text: bytes, golden: RunDirectory) -> None:
    golden.about.write_bytes(text)
    with pytest.raises(SchemaError) as caught:
        RunReader(golden)
    assert "\n" not in str(caught.value)
    with pytest.raises(SchemaError):
        overview(golden)


@pytest.mark.parametrize("name", ["id", "config", "steps_per_epoch", "data", "versions"])
@pytest.mark.parametrize("value", [None, 1.5, "x", [1]])
def test_a_misshapen_run_json_is_refused_in_one_line(name: str, value: object, golden: RunDirectory) -> None:
    if (name, value) in [("id", "x"), ("data", [1])]:
        return
    change(golden, lambda about: about.update({name: value}))
    with pytest.raises(SchemaError) as caught:
        RunReader(golden)
    assert "\n" not in str(caught.value)
