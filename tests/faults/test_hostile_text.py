"""Hostile text on every surface, through every printer: shown escaped, never an error, never the name of a file."""

import contextlib
import dataclasses
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_disk import hooked, without_waiting
from hostile import harm_in, hostile
from small_runs import copy_of, new_run

from tui_trainer.batch import BarPrinter, PlainPrinter
from tui_trainer.cli.main import main
from tui_trainer.events import (
    CheckpointSetAside,
    Ended,
    Event,
    FindingMade,
    Loading,
    RequestRefused,
    SaveFailed,
    Started,
    Warned,
)
from tui_trainer.history import History
from tui_trainer.lines import KINDS, to_line
from tui_trainer.run import create, train_run
from tui_trainer.store import RunDirectory
from tui_trainer.store.directory import write_json

Put = Callable[[RunDirectory, str], None]


@pytest.fixture(scope="module")
def done(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A finished run; not to be changed."""
    run = new_run(small_mnist, tmp_path_factory.mktemp("done"), epochs=2)
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    return run


def events_with(text: str) -> list[Event]:
    """An event of each kind that carries text, with that text everywhere."""
    return [
        Loading(text),
        Started(1, text, 1, 4, text, 0, [text, text]),
        Warned(text),
        SaveFailed(text, text, 4),
        CheckpointSetAside(text, text, text),
        RequestRefused(text, text),
        FindingMade(text, 1, 4, text, {text: text}, text, text, {"action": text}, [text]),
        Ended(text, 1, 4, text),
    ]


def say(run: RunDirectory, text: str) -> None:
    with run.events.open("ab") as file:
        file.writelines(map(to_line, (dataclasses.replace(event, at=2e9) for event in events_with(text))))


def title(run: RunDirectory, text: str) -> None:
    about = json.loads(run.about.read_text())
    about["title"] = about["config"]["title"] = text
    run.about.write_text(json.dumps(about))


def label(run: RunDirectory, text: str) -> None:
    with hooked(without_waiting):
        write_json(run.label, {"title": text})


def config_value(run: RunDirectory, text: str) -> None:
    about = json.loads(run.about.read_text())
    name = random.Random(len(text)).choice(["data", "engine", "network", "optimizer", "epochs", "hidden"])
    about["config"][name] = text
    run.about.write_text(json.dumps(about))


def config_name(run: RunDirectory, text: str) -> None:
    about = json.loads(run.about.read_text())
    about["config"][text] = text
    run.about.write_text(json.dumps(about))


def environment(run: RunDirectory, text: str) -> None:
    about = json.loads(run.about.read_text())
    about |= {"cpu": text, "threads": text, "versions": {**about["versions"], "numpy": text}, "schema": [1, 0]}
    run.about.write_text(json.dumps(about))


def summary(run: RunDirectory, text: str) -> None:
    found = json.loads(run.summary.read_text())
    run.summary.write_text(json.dumps({**found, "status": text, "reason": text, "run": text}))


def host(run: RunDirectory, text: str) -> None:
    run.lock.write_text(json.dumps({"pid": 1, "host": text}))


SURFACES: list[Put] = [say, title, label, config_value, config_name, environment, summary, host]
COMMANDS = [
    lambda run: ["runs", "--runs", str(run.path.parent)],
    lambda run: ["show", str(run.path)],
    lambda run: ["runs", "--json", "--runs", str(run.path.parent)],
    lambda run: ["show", "--json", str(run.path)],
    lambda run: ["resume", "--batch", "--epochs", "1", str(run.path)],
]
CODES = (0, 2, 65)


def test_whatever_a_run_directory_says_is_printed_escaped(
    done: RunDirectory, tmp_path: Path, soak: Callable[[int, int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(9)
    for i in range(soak(250, 500)):
        run = copy_of(done, tmp_path / str(i) / "run")
        put, text = SURFACES[i % len(SURFACES)], hostile(rng)
        put(run, text)
        command = COMMANDS[(i // len(SURFACES)) % len(COMMANDS)](run)
        with hooked(without_waiting):
            code = main(command)
        said = capsys.readouterr()
        assert code in CODES, (put, text, command, said)
        assert not harm_in(said.out + said.err), (put, text, command)
        if "--json" in command and code == 0:
            json.loads(said.out)
        if code != 0:
            assert said.err.count("\n") == 1 + said.err.startswith("loading")
        assert {path.name for path in tmp_path.joinpath(str(i)).iterdir()} == {"run"}


ARGUMENTS = [
    *(["--title"], ["--engine"], ["--optimizer"], ["--epochs"], ["--hidden"], ["--data"], ["--preset"], ["--config"]),
    *(
        ["--learning-rate"],
        ["--seed"],
        ["show"],
        ["set", "learning-rate"],
        ["stop"],
        ["replay"],
        ["fork", "--at-epoch"],
    ),
    *([], ["--no-such-flag"], ["resume", "--batch", "--epochs"]),
]


def test_whatever_is_typed_is_refused_or_taken_and_printed_escaped(
    small_mnist: Path, tmp_path: Path, soak: Callable[[int, int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(10)
    runs = tmp_path / "runs"
    small = [f"--data={small_mnist}", "--epochs=1", "--train-examples=64", "--validation-examples=20"]
    for i in range(soak(150, 500)):
        flag, text = ARGUMENTS[i % len(ARGUMENTS)], hostile(rng)
        words = [*flag[:-1], f"{flag[-1]}={text}"] if flag and flag[-1].startswith("--") else [*flag, text]
        batch = [] if flag and not flag[0].startswith("--") else ["--batch", f"--runs={runs}"]
        rest = [word for word in small if batch and not any(word.startswith(f"{w}=") for w in flag)]
        with hooked(without_waiting), contextlib.suppress(SystemExit):
            code = main([*batch, *rest, *words])
            assert code in CODES, (words, code)
        said = capsys.readouterr()
        assert not harm_in(said.out + said.err), words
    assert set(tmp_path.iterdir()) <= {runs}
    if runs.exists():
        assert all(path.name[:2] == "20" and len(path.name) == 20 for path in runs.iterdir())


def test_a_path_may_have_any_name(
    small_mnist: Path, tmp_path: Path, soak: Callable[[int, int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Folders of runs and of data that somebody has named so: all works, and they are printed escaped."""
    rng = random.Random(11)
    for i in range(soak(12, 60)):
        name = (
            hostile(rng)
            .replace("/", "")
            .replace("\x00", "")[:60]
            .encode("utf-8", "replace")[:200]
            .decode("utf-8", "ignore")
        )
        folder = tmp_path / f"{i}{name}"
        folder.mkdir()
        data = folder / "data"
        data.symlink_to(small_mnist)
        with hooked(without_waiting):
            run = new_run(data, folder / "runs", epochs=1)
            assert main(["resume", "--batch", str(run.path)]) == 0
            assert main(["show", str(run.path)]) == 0
            assert main(["runs", "--runs", str(folder / "runs")]) == 0
        data.unlink()
        assert main(["resume", "--batch", "--epochs", "1", str(run.path)]) == 65
        said = capsys.readouterr()
        assert not harm_in(said.out + said.err), name


def test_the_bar_shows_it_escaped_too(
    done: RunDirectory, soak: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the bar itself moves the cursor; what it is told does not."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    rng = random.Random(12)
    for _ in range(soak(40, 200)):
        text = hostile(rng)
        printed = Terminal()
        monkeypatch.setattr("sys.stderr", printed)
        printer, history = BarPrinter(), History(done.config(), 4)
        for event in events_with(text):
            printer(event, history)
        printer.close()
        ours = printed.getvalue()
        assert not harm_in(ours, "\n\r\x1b")
        for order in ("\x1b]", "\x1bP", "\x1b[2J", "\x1b[31m", "\x1b\\"):
            assert order not in ours


def test_the_plain_printer_prints_a_line_for_a_line(done: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(13)
    printer, history = PlainPrinter(), History(done.config(), 4)
    for _ in range(100):
        for event in events_with(hostile(rng)):
            printer(event, history)
            assert capsys.readouterr().err.count("\n") <= 1


def test_an_exception_with_hostile_text_is_one_line(
    done: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody foresaw it: the run has failed, and says so."""
    rng = random.Random(14)
    for i in range(30):
        text = hostile(rng)
        run = copy_of(done, tmp_path / str(i))

        def fail(config: object, text: str = text) -> None:
            raise OSError(5, text, text)

        monkeypatch.setattr("tui_trainer.data.load", fail)
        with hooked(without_waiting):
            assert main(["resume", "--batch", "--epochs", "1", str(run.path)]) == 74
        said = capsys.readouterr()
        assert not harm_in(said.out + said.err), text


def test_no_title_names_a_file(small_mnist: Path, tmp_path: Path) -> None:
    rng = random.Random(15)
    for _ in range(30):
        new = create(new_run(small_mnist, tmp_path / "first").config().replace(title=hostile(rng)), tmp_path / "runs")
        assert new.parent == tmp_path / "runs"
        assert new.name.replace("-", "").isalnum()
    assert {path.name for path in tmp_path.iterdir()} == {"first", "runs"}


def test_every_kind_of_event_with_text_is_among_those_that_are_shown() -> None:
    carry = {kind for kind in KINDS.values() if any(f.type in ("str", "str | None") for f in dataclasses.fields(kind))}
    shown = {type(event) for event in events_with("x")}
    assert {kind.__name__ for kind in carry - shown} <= NOT_PRINTED


NOT_PRINTED = {
    "Inspected",
    "Paused",
    "Continued",
    "SettingChanged",
    "CheckpointSaved",
    "FindingResolved",
    "NotFinite",
    "CureJudged",
}
