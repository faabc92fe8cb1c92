"""What is not imported, where: asked of `sys.modules` in processes of their own."""

import json
import subprocess
import sys

import pytest

HEAVY = ("textual", "plotext", "torch", "torchvision")
ASK = f"import json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"


def heavy_after(code: str, *arguments: str) -> list[str]:
    """Which of the heavy libraries a fresh interpreter holds after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{ASK}", *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_batch_on_the_scratch_engine_imports_neither_textual_nor_plotext_nor_torch(small_mnist, tmp_path) -> None:
    code = """
import sys
from tui_trainer.cli import main
assert main(["--batch", "--epochs", "1", "--json", "--data", sys.argv[1], "--runs", sys.argv[2]]) == 0
"""
    assert heavy_after(code, str(small_mnist), str(tmp_path)) == []


@pytest.mark.parametrize("arguments", [["--help"], ["presets"], ["engines"], ["networks"], ["--version"]])
def test_words_about_the_program_import_no_heavy_library(arguments: list[str]) -> None:
    assert heavy_after(f"from tui_trainer.cli import main\nmain({arguments!r})") == []


def test_the_app_never_imports_torch() -> None:
    assert "torch" not in heavy_after("import tui_trainer.tui.app")


def test_the_pytorch_engine_can_be_asked_what_it_needs_without_importing_it() -> None:
    assert heavy_after("from engines import load_engine\nload_engine('pytorch').missing()") == []
