"""Every engine of ours passes what every engine must pass, and so does one that only these tests install."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engines import engine_names, load_engine
from engines.conformance import NETWORKS, EngineConformance
from tui_trainer.cli import main

THIRD_ENGINE = Path(__file__).parent / "third_engine"


class TestScratch(EngineConformance):
    engine_name = "scratch"


@pytest.mark.skipif(load_engine("pytorch").missing() is not None, reason="PyTorch is not installed")
class TestPyTorch(EngineConformance):
    engine_name = "pytorch"


@pytest.fixture
def third_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny engine, installed as a package of its own that declares an entry point."""
    monkeypatch.syspath_prepend(THIRD_ENGINE)


@pytest.mark.usefixtures("third_engine")
class TestThirdEngine(EngineConformance):
    engine_name = "tiny"
    networks = NETWORKS[:1]
    optimizers = ("sgd",)


@pytest.mark.usefixtures("third_engine")
def test_an_installed_engine_is_listed_after_the_first() -> None:
    assert engine_names() == ("scratch", "pytorch", "tiny")


def test_an_engine_that_is_not_installed_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown engine 'tiny': choose from scratch, pytorch"):
        load_engine("tiny")


@pytest.mark.parametrize(
    "body", ["raise RuntimeError('kaboom \\x1b[31m')", "Engine = 3", "", "class Engine:\n    missing = None"]
)
def test_an_engine_that_cannot_be_used_is_one_line_and_hides_no_other(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "broken-1.0.dist-info"
    package.mkdir()
    (package / "entry_points.txt").write_text("[tui_trainer.engines]\nbroken = broken_engine:Engine\n")
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (tmp_path / "broken_engine.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_engine", raising=False)
    assert main(["engines"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == ["scratch", "broken", "pytorch"]
    assert "not usable here: cannot be loaded" in listed[1]
    for command in (["--batch", "--engine", "broken"], ["duel", "--engines", "scratch,broken"]):
        assert main([*command, "--runs", str(tmp_path / "runs")] if "--batch" in command else command) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "engine: cannot be loaded" in line
        assert "\x1b" not in line


def test_an_installed_engine_trains_from_the_command_line(small_mnist: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tui_trainer", "--batch", "--engine", "tiny", "--network", "softmax"]
    command += ["--epochs", "2", "--data", str(small_mnist), "--runs", str(tmp_path), "--json"]
    installed = os.environ | {"PYTHONPATH": str(THIRD_ENGINE)}
    done = subprocess.run(command, env=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["engine"], summary["status"]) == ("tiny", "done")
    assert 0 < summary["accuracy"]["validation"]["final"] < 1
