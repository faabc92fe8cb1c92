"""The command line as a person meets it: real processes, exit codes, one-line errors, nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tui_trainer.config import resolve
from tui_trainer.run import config_command

COMMAND = [sys.executable, "-m", "tui_trainer"]


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run the program with no terminal."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **options
    )


@pytest.fixture
def small(small_mnist: Path, tmp_path: Path) -> list[str]:
    """Flags for a run of a few milliseconds."""
    return ["--data", str(small_mnist), "--runs", str(tmp_path / "runs")]


def test_json_is_one_object_with_what_was_promised_and_nothing_else(small: list[str], tmp_path: Path) -> None:
    done = run("--batch", "--preset", "assignment-1", "--epochs", "2", "--seed", "3", "--json", *small)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["status"] == "done"
    assert (result["engine"], result["optimizer"], result["dropout"], result["epochs"]) == ("scratch", "sgd", 0.0, 2)
    assert result["seed"] == 3
    for split in ("training", "validation"):
        assert 0 <= result["accuracy"][split]["final"] <= result["accuracy"][split]["max"] <= 1
        assert 0 < result["loss"][split]["min"] <= result["loss"][split]["final"]
    assert result["best_epoch"] in (1, 2)
    assert result["seconds"] > 0
    assert result["seconds_per_epoch"] > 0
    assert result["examples_per_second"] > 0
    assert Path(result["checkpoint"]).is_file()
    assert Path(result["directory"]) == tmp_path / "runs" / result["run"]
    assert "\x1b" not in done.stderr


def test_without_json_a_table_stands_on_stdout_and_plain_lines_on_stderr(small: list[str]) -> None:
    done = run("--batch", "--epochs", "2", *small)
    assert done.returncode == 0
    assert "training" in done.stdout
    assert "validation" in done.stdout
    assert "epoch 2/2" in done.stderr
    assert not any(ord(c) < 32 and c != "\n" for c in done.stderr + done.stdout)


def test_without_a_terminal_the_app_is_refused_at_once() -> None:
    done = run()
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "--batch" in done.stderr


BAD = [
    (["--dropout", "1.5"], 2, "dropout"),
    (["--dropuot", "0.5"], 2, "--dropout"),
    (["--learning-rate", "abc"], 2, "learning-rate"),
    (["--epochs", "0"], 2, "epochs"),
    (["--epochs"], 2, "--epochs"),
    (["--train-examples", "641"], 2, "at most 640"),
    (["--batch-size", "641"], 2, "batch-size"),
    (["--preset", "foo"], 2, "assignment-1"),
    (["--engine", "torch"], 2, "scratch, pytorch"),
    (["--network", "custom"], 2, "[[layers]]"),
    (["--dropout-at", "hidden"], 2, "dropout-at"),
    (["--device", "cuda"], 2, "device"),
    (["--config", "/nowhere.toml"], 2, "/nowhere.toml"),
]


@pytest.mark.parametrize(("flags", "code", "word"), BAD, ids=[" ".join(bad[0]) for bad in BAD])
def test_a_bad_flag_is_one_line_and_writes_nothing(flags, code, word, small: list[str], tmp_path: Path) -> None:
    done = run("--batch", *small, *flags)
    assert done.returncode == code
    assert word in done.stderr
    assert done.stderr.strip().count("\n") == 0
    assert done.stdout == ""
    assert not (tmp_path / "runs").exists()


def test_bad_data_is_65_and_writes_nothing(tmp_path: Path) -> None:
    done = run("--batch", "--data", str(tmp_path), "--runs", str(tmp_path / "runs"))
    assert done.returncode == 65
    assert str(tmp_path) in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_runs_folder_that_cannot_be_made_is_74(small_mnist: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("--batch", "--data", str(small_mnist), "--runs", str(tmp_path / "file" / "runs"))
    assert done.returncode == 74
    assert "in the way" not in done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_the_runs_folder_can_come_from_the_environment(small_mnist: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TUI_TRAINER_RUNS": str(tmp_path / "elsewhere")}
    done = run("--batch", "--epochs", "1", "--data", str(small_mnist), "--json", env=environment)
    assert Path(json.loads(done.stdout)["directory"]).parent == tmp_path / "elsewhere"


def test_a_config_file_gives_settings_and_layers(small: list[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'network = "custom"\ninit = "he"\nepochs = 9\n[[layers]]\nkind = "flatten"\n'
        '[[layers]]\nkind = "linear"\noutputs = 16\n'
        '[[layers]]\nkind = "tanh"\n[[layers]]\nkind = "linear"\noutputs = 10\n'
    )
    done = run("--batch", "--config", str(file), "--epochs", "1", "--json", *small)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epochs"] == 1


def test_the_printed_command_trains_the_same_config() -> None:
    config = resolve({"dropout": 0.3, "hidden": "64,32", "network": "mlp", "shuffle": False, "title": "it's [b]"})
    import shlex

    from tui_trainer.cli.commands import app

    _, bound, _ = app.parse_args(shlex.split(config_command(config))[1:])
    from tui_trainer.cli.flags import config_from

    given = bound.arguments
    assert config_from(given["flags"], given.get("preset"), None) == config


def test_the_catalogues_print_a_line_each() -> None:
    assert [line.split()[0] for line in run("presets").stdout.splitlines()] == [
        "assignment-1",
        "assignment-2-adam",
        "assignment-2-sgd",
    ]
    assert [line.split()[0] for line in run("engines").stdout.splitlines()] == ["scratch", "pytorch"]
    assert {line.split()[0] for line in run("networks").stdout.splitlines()} >= {
        "assignment",
        "softmax",
        "mlp",
        "lenet",
    }


def test_ctrl_c_saves_and_exits_130(small: list[str], tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--batch", "--epochs", "1000000", "--json", *small], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not list((tmp_path / "runs").glob("*/checkpoints/step-*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    result = json.loads(out)
    assert result["status"] == "interrupted"
    assert Path(result["checkpoint"]).is_file()


def test_a_reader_that_leaves_is_no_error(small: list[str]) -> None:
    process = subprocess.Popen([*COMMAND, "networks"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=30)
    assert b"Traceback" not in err
