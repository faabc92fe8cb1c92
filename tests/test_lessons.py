"""Lessons: the three that come with the app, and what is said of files that are none."""

import contextlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import load_engine
from engines.networks import resolve_network
from tui_trainer.lessons import STAGES, LessonError, fill, folders, lessons, parse, read
from tui_trainer.tui.panels.lesson_bench import duel_values, run_values

GOOD = """+++
title = "A title"
choices = ["this", "that"]
right = 2
[[runs]]
name = "one"
network = "softmax"
epochs = 2
+++
# Question
Why?
# Prediction
What?
# Run
Now.
## A smaller heading
More.
# What happened
It was {1.validation_accuracy}.
"""
HERE = Path("a.md")


class TestThoseThatComeWithTheApp:
    """Each can be gone through."""

    def test_there_are_three_and_none_is_broken(self) -> None:
        found, wrong = lessons([folders()[0]])
        assert [lesson.path.name for lesson in found] == ["1-backprop.md", "2-dropout.md", "3-adam.md"]
        assert wrong == []

    def test_every_run_can_be_built(self) -> None:
        for lesson in lessons([folders()[0]])[0]:
            for experiment in lesson.experiments:
                resolve_network(experiment.config.network_config, (28, 28), 10)
                assert experiment.config.title == experiment.name
                assert experiment.duel or load_engine(experiment.config.engine).missing() is None

    def test_their_texts_ask_only_for_what_a_run_or_a_duel_can_say(self) -> None:
        from tui_trainer.duel import Measured, Round
        from tui_trainer.history import History
        from tui_trainer.tui.panels.duelling import DuelState

        side = Measured(1, 1, 1, 1, 1, None)
        duel = DuelState(None, [Round(1, 0.0, "w", 0.0, {"scratch": side, "pytorch": side})])
        for lesson in lessons([folders()[0]])[0]:
            for number, name in re.findall(r"\{(\d)\.([^}]+)\}", lesson.sections[STAGES[-1]]):
                experiment = lesson.experiments[int(number) - 1]
                known = duel_values(duel) if experiment.duel else run_values(History(experiment.config))
                assert name in known, (lesson.title, name)

    def test_only_the_duel_needs_pytorch(self) -> None:
        for lesson in lessons([folders()[0]])[0]:
            assert all(experiment.duel or experiment.config.engine == "scratch" for experiment in lesson.experiments)

    def test_the_weights_that_the_dropout_lesson_counts_are_there(self) -> None:
        lesson = lessons([folders()[0]])[0][1]
        plan = resolve_network(lesson.experiments[0].config.network_config, (28, 28), 10)
        weights = sum(layer.integer("outputs") * (layer.input_shape[0] + 1) for layer in plan if layer.kind == "linear")
        assert f"{weights:,}" in lesson.sections["Question"]


class TestATeachersOwn:
    """A folder of files."""

    def test_they_come_after_those_of_the_app(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "mine.md").write_text(GOOD)
        (tmp_path / "README.md").write_text("no lesson")
        (tmp_path / "broken.md").write_text("+++\n")
        monkeypatch.setenv("TUI_TRAINER_LESSONS", str(tmp_path))
        monkeypatch.chdir(tmp_path.parent)
        found, wrong = lessons()
        assert [lesson.title for lesson in found[3:]] == ["A title"]
        assert [str(error) for error in wrong] == ["broken.md: must begin with TOML between two lines of +++"]

    def test_what_is_in_it(self) -> None:
        lesson = parse(GOOD, HERE)
        assert (lesson.title, lesson.choices, lesson.right) == ("A title", ("this", "that"), 1)
        assert lesson.experiments[0].config.epochs == 2
        assert "## A smaller heading" in lesson.sections["Run"]
        assert tuple(lesson.sections) == STAGES

    def test_windows_line_ends_are_read_too(self) -> None:
        assert parse(GOOD.replace("\n", "\r\n"), HERE) == parse(GOOD, HERE)

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('title = "A title"', "", "title"),
            ('["this", "that"]', '["this"]', "choices must be a list of 2 to 9"),
            ("right = 2", "right = 3", "from 1 to 2"),
            ('name = "one"', "", "name"),
            ("[[runs]]", "[[run]]", "[[runs]]"),
            ('network = "softmax"', 'network = "softmix"', "did you mean softmax"),
            ("epochs = 2", "epocs = 2", "no such setting"),
            ("# Prediction", "# Guess", "these headings in this order"),
            ("right = 2", "right = ", "is not TOML"),
            ("right = 2", 'watch = "accuracy"', "loss or error"),
        ],
    )
    def test_what_is_wrong_is_said_in_one_line(self, old: str, new: str, words: str) -> None:
        with pytest.raises(LessonError, match=re.escape(words)) as caught:
            parse(GOOD.replace(old, new), HERE)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith("a.md: ")

    @pytest.mark.parametrize("contents", [b"\xff\xfe", b"x" * 300_000, None])
    def test_files_that_cannot_be_read(self, tmp_path: Path, contents: bytes | None) -> None:
        path = tmp_path / "a.md"
        if contents is None:
            os.mkfifo(path)
        else:
            path.write_bytes(contents)
        with pytest.raises(LessonError):
            read(path)

    @given(st.text(), st.integers(0, len(GOOD)), st.integers(0, 40))
    def test_any_damage_is_a_lesson_or_a_lesson_error(self, text: str, at: int, cut: int) -> None:
        with contextlib.suppress(LessonError):
            parse(GOOD[:at] + text + GOOD[at + cut :], HERE)


def test_values_are_filled_in_and_a_dash_where_there_is_none() -> None:
    text = "{1.a} {2.a} {1.b} {x} {3.a}"
    assert fill(text, {1: {"a": "92 %"}, 2: {}}) == "92 % – – {x} –"
