"""`tui-trainer --batch --seeds N` as a process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tui_trainer.store import RunDirectory

CODE = "import sys; from tui_trainer.cli import main; sys.exit(main())"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", CODE, *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def batch(mnist: Path, runs: Path, *arguments: str) -> dict:
    done = run("--batch", "--json", "--data", str(mnist), "--runs", str(runs), "--epochs", "2", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_seeds_count_from_the_one_asked_for_and_share_its_data(small_mnist: Path, tmp_path: Path) -> None:
    found = batch(small_mnist, tmp_path, "--seeds", "3", "--seed", "4")
    assert found["seeds"] == [4, 5, 6]
    assert found["together"] is True
    for result in found["runs"]:
        about = RunDirectory(Path(result["directory"])).read()
        assert about["config"]["data_seed"] == 4
        assert about["together"] == [4, 5, 6]


def test_each_seed_comes_out_as_it_would_alone(small_mnist: Path, tmp_path: Path) -> None:
    found = batch(small_mnist, tmp_path, "--seeds", "2", "--seed", "4", "--dropout", "0.2")
    for seed, result in zip((4, 5), found["runs"], strict=True):
        alone = batch(small_mnist, tmp_path, "--seed", str(seed), "--data-seed", "4", "--dropout", "0.2")
        assert result["accuracy"] == alone["accuracy"]
        assert result["loss"] == alone["loss"]


def test_what_cannot_train_side_by_side_trains_one_after_another(small_mnist: Path, tmp_path: Path) -> None:
    found = batch(small_mnist, tmp_path, "--seeds", "2", "--network", "lenet", "--batch-size", "64")
    assert found["together"] is False
    assert [result["status"] for result in found["runs"]] == ["done", "done"]


def test_the_table_has_every_seed_and_the_spread(small_mnist: Path, tmp_path: Path) -> None:
    done = run(
        *("--batch", "--seeds", "2", "--epochs", "1", "--data", str(small_mnist), "--runs", str(tmp_path / "runs"))
    )
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("2 seeds", "1 done", "2 done", "median", "min", "max"))


def test_a_seed_that_diverges_ends_no_other(small_mnist: Path, tmp_path: Path) -> None:
    """The doctor trains it again up to its bad step: by itself, for the steps of a group are those of all."""
    settings = ("--network", "mlp", "--hidden", "16", "--init", "he", "--learning-rate", "1e12", "--epochs", "2")
    where = ("--data", str(small_mnist), "--runs", str(tmp_path / "runs"))
    done = run("--batch", "--json", "--seeds", "4", *settings, *where)
    found = {result["seed"]: result["status"] for result in json.loads(done.stdout)["runs"]}
    alone = {}
    for seed in found:
        one = run("--batch", "--json", "--data-seed", "1", "--seed", str(seed), *settings, *where)
        alone[seed] = json.loads(one.stdout)["status"]
    assert found == alone
    assert "diverged" in found.values()
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    for seed in found:
        assert f"seed {seed}: {tmp_path}" in done.stderr


def test_findings_are_said_of_the_seed_that_they_are_of(small_mnist: Path, tmp_path: Path) -> None:
    settings = ("--epochs", "1", "--network", "mlp", "--hidden", "8", "--dropout", "0.5", "--dropout-at", "none")
    done = run("--batch", "--seeds", "2", *settings, "--data", str(small_mnist), "--runs", str(tmp_path / "runs"))
    said = [line for line in done.stderr.splitlines() if "warning: dropout-not-applied" in line]
    assert [line.partition(":")[0] for line in said] == ["seed 1", "seed 2"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "2"], "--seeds goes with --batch"),
        (["--batch", "--seeds", "0"], "seeds: must be at least 1, not 0"),
        (["--batch", "--seeds", "2", "--device", "cuda"], "device"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments, "--runs", str(tmp_path / "runs"))
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()
