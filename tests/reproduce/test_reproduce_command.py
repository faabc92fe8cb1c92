"""`tui-trainer reproduce` as a process on the real MNIST."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tui_trainer.store import RunDirectory, RunLock, overview

ROWS = {
    "assignment-1": ["as-printed", "without-relu"],
    "assignment-2-sgd": ["as-printed", "dropout-input", "dropout-logits", "without-relu"],
    "assignment-2-adam": ["as-printed", "dropout-input", "dropout-logits", "without-relu"],
}


def command(*arguments: str) -> list[str]:
    """The line that runs a subcommand in this Python."""
    return [sys.executable, "-c", "import sys; from tui_trainer.cli import main; sys.exit(main())", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("reproduced")
    done = run("reproduce", "--seeds", "2", "--epochs", "1", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_every_row_is_there_in_order(reproduced: tuple[Path, dict]) -> None:
    _, result = reproduced
    rows = [(row["preset"], row["variant"]) for row in result["experiments"]]
    assert rows == [(preset, variant) for preset, variants in ROWS.items() for variant in variants]
    assert result["seconds"] > 0


def test_a_row_has_what_was_asked_for(reproduced: tuple[Path, dict]) -> None:
    for row in reproduced[1]["experiments"]:
        assert row["seeds"] == [0, 1]
        assert row["epochs"] == 1
        assert row["dead_output_units"].keys() == row["runs"].keys() == {"0", "1"}
        for split in ("training", "validation"):
            assert row["reported"][split].keys() == {"max", "final"}
            for values in row["measured"][split].values():
                assert 0 < values["min"] <= values["median"] <= values["max"] < 1


def test_measured_numbers_are_those_of_the_runs(reproduced: tuple[Path, dict]) -> None:
    out, result = reproduced
    for row in result["experiments"]:
        found = [overview(RunDirectory(out / "runs" / row["runs"][seed])) for seed in ("0", "1")]
        assert all(run.state == "done" for run in found)
        finals = sorted(run.validation_accuracy or 0 for run in found)
        assert row["measured"]["validation"]["final"]["min"] == finals[0]
        assert row["measured"]["validation"]["final"]["max"] == finals[-1]


def test_the_same_command_trains_nothing_again(reproduced: tuple[Path, dict]) -> None:
    out, result = reproduced
    again = run("reproduce", "--seeds", "2", "--epochs", "1", "--out", str(out), "--json", "--preset", "assignment-1")
    rows = json.loads(again.stdout)["experiments"]
    assert [row["runs"] for row in rows] == [row["runs"] for row in result["experiments"][:2]]


def test_two_at_once_in_one_folder_are_one_too_many(tmp_path: Path) -> None:
    with RunLock(RunDirectory(tmp_path)):
        done = run("reproduce", "--seeds", "1", "--epochs", "1", "--out", str(tmp_path))
    assert done.returncode == 75
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "0"], "seeds: must be at least 1"),
        (["--epochs", "-1"], "epochs: must be at least 1"),
        (["--seeds", "1.5"], "must be a whole number, not '1.5'"),
        (["--preset", "assignment-3"], "choose from assignment-1, assignment-2-sgd, assignment-2-adam"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run("reproduce", *arguments, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
