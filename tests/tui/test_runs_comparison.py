"""Comparing runs: what differs is told, what is alike is not, and the best is marked."""

from pathlib import Path

from run_directories import five_runs

from tui_trainer.store import RunDirectory, overview
from tui_trainer.tui.comparison import results, settings_that_differ, surroundings_that_differ


def test_only_settings_that_differ_are_told(tmp_path: Path) -> None:
    abouts = [RunDirectory(path).read() for path in five_runs(tmp_path)[1:3]]
    told = {line.name: line.values for line in settings_that_differ(abouts, [{}] * len(abouts))}
    assert told == {
        "engine": ("scratch", "pytorch"),
        "optimizer": ("adam", "sgd"),
        "dropout": ("0", "0.25"),
        "learning rate": ("0.001", "0.1"),
    }


def test_runs_that_were_set_alike_differ_in_nothing(tmp_path: Path) -> None:
    about = RunDirectory(five_runs(tmp_path)[0]).read()
    assert settings_that_differ([about, about], [{}, {}]) == surroundings_that_differ([about, about]) == []


def test_settings_that_only_one_version_knows_are_told_as_missing(tmp_path: Path) -> None:
    about = RunDirectory(five_runs(tmp_path)[0]).read()
    newer = {**about, "config": {**about["config"], "from_the_future": 3}}
    assert settings_that_differ([about, newer], [{}, {}])[0].values == ("–", "3")


def test_another_version_or_other_data_is_told(tmp_path: Path) -> None:
    about = RunDirectory(five_runs(tmp_path)[0]).read()
    other = {**about, "versions": {**about["versions"], "numpy": "2.1.0"}, "data": [{"sha256": "ab" * 32}]}
    told = {line.name: line.values for line in surroundings_that_differ([about, other])}
    assert told == {"numpy": ("2.0.0", "2.1.0"), "data": ("5eed5eed", "abababab")}


def test_the_best_accuracy_is_marked_and_equal_ones_are_not(tmp_path: Path) -> None:
    rows = [overview(RunDirectory(path)) for path in five_runs(tmp_path)[:2]]
    by_name = {line.name: line for line in results(rows)}
    assert by_name["validation accuracy"].best == {1}
    assert by_name["state"].best == frozenset()
    assert all(not line.best for line in results([rows[0], rows[0]]))
