"""What the source must never do: load what can execute, or run what it was told as text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("engines", "tui_trainer", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "jsonpickle"}
CALLS = {"eval", "exec", "compile", "__import__", "execfile"}
METHODS = {"extractall", "extract", "unpack_archive", "system", "popen", "mktemp", "load_module", "exec_module"}
ARGUMENTS = {"allow_pickle": False, "weights_only": True, "shell": False}  # and what alone they may be
LOADERS = {("torch", "load"), ("torch", "save"), ("np", "load"), ("numpy", "load"), ("torch", "jit"), ("re", "compile")}
ALLOWED = {("re", "compile")}  # a regular expression


def dotted(node: ast.expr) -> tuple[str, str]:
    """`a.b` as its two words; the last two of a longer one."""
    if isinstance(node, ast.Name):
        return "", node.id
    if isinstance(node, ast.Attribute):
        return dotted(node.value)[1], node.attr
    return "", ""


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module:
        yield node.module.partition(".")[0]


def faults(source: str) -> Iterator[str]:
    """What is unsafe in a source text, with its line."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        yield from (f"{line}: imports {name}" for name in imported(node) if name in MODULES)
        if isinstance(node, ast.FunctionDef) and node.name in ("__reduce__", "__reduce_ex__", "__setstate__"):
            yield f"{line}: {node.name}"
        if isinstance(node, ast.Call):
            yield from (f"{line}: {problem}" for problem in call_faults(node))


def call_faults(call: ast.Call) -> Iterator[str]:
    owner, name = dotted(call.func)
    if (owner, name) in ALLOWED:
        return
    if not owner and name in CALLS:
        yield f"calls {name}"
    if name in METHODS or (owner, name) in LOADERS:
        yield f"calls {owner}.{name}"
    for keyword in call.keywords:
        if keyword.arg in ARGUMENTS:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if value is not ARGUMENTS[keyword.arg]:
                yield f"{keyword.arg} is not {ARGUMENTS[keyword.arg]}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_in_it_can_execute_what_it_loads(path: Path) -> None:
    assert list(faults(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import torch; torch.load(path)",
        "import numpy as np; np.load(path, allow_pickle=True)",
        "eval(text)",
        "exec(text)",
        "archive.extractall()",
        "os.system(text)",
        "subprocess.run(text, shell=True)",
        "subprocess.run(text, shell=chosen)",
        "class A:\n    def __reduce__(self): ...",
        "yaml = __import__('yaml')",
    ],
)
def test_the_scan_finds(source: str) -> None:
    assert list(faults(source))


def test_there_is_something_to_scan() -> None:
    assert len(SOURCES) > 60
