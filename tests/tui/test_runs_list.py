"""The list behind the table of runs: what is read when, sorting, filtering, and runs that come and go."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_directories import append, five_runs, trained, write_run
from scripted import Clock, epoch

from tui_trainer.store import RunLock
from tui_trainer.tui.run_columns import COLUMNS, NAME, Column, fitting
from tui_trainer.tui.run_list import AGAIN_SECONDS, SCAN_SECONDS, Filter, RunList

CLOCK = Clock()
KEYS = {column.name: column.key for column in COLUMNS}


@pytest.fixture
def runs(tmp_path: Path) -> RunList:
    """Five runs, read."""
    five_runs(tmp_path)
    listed = RunList(tmp_path, clock=CLOCK)
    listed.work([], 60)
    return listed


def titles(runs: RunList) -> list[str]:
    return [runs.rows[name].title or "untitled" for name in runs.order()]


def test_the_newest_come_first_and_can_be_turned_around(runs: RunList) -> None:
    assert runs.order() == sorted(runs.names, reverse=True)
    runs.falling = True
    assert runs.order() == sorted(runs.names)


@pytest.mark.parametrize("column", COLUMNS, ids=[column.name for column in COLUMNS])
def test_every_column_sorts_both_ways(runs: RunList, column: Column) -> None:
    runs.key = column.key
    values = [column.key(runs.rows[name]) for name in runs.order()]
    assert values == sorted(values)
    runs.falling = True
    assert [column.key(runs.rows[name]) for name in runs.order()] == values[::-1]


def test_runs_without_a_value_come_last_either_way(runs: RunList, tmp_path: Path) -> None:
    write_run(tmp_path, "20990101-000000-none")
    runs.forget("20990101-000000-none")
    runs.work([], 60)
    runs.key = KEYS["valid acc"]
    for runs.falling in (False, True):
        assert runs.order()[-1] == "20990101-000000-none"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("adam", ["Adam, low rate"]),
        ("DIVERGED", ["much too fast"]),
        ("pytorch 0.1", ["with dropout"]),
        ("k3f1", ["untitled"]),
        ("adam pytorch", []),
        ("  ", None),
    ],
)
def test_a_filter_wants_all_of_its_words(runs: RunList, text: str, kept: list[str] | None) -> None:
    runs.filter = Filter(text)
    assert len(runs.order()) == 5 if kept is None else titles(runs) == kept


def test_what_is_seen_is_read_first(tmp_path: Path) -> None:
    five_runs(tmp_path)
    runs = RunList(tmp_path, clock=Clock())
    seen = sorted(path.name for path in tmp_path.iterdir())[1]
    runs.work([seen], -1)
    assert list(runs.rows) == [seen]
    assert runs.unread == 4


def test_a_run_that_trains_is_read_again_and_one_that_is_over_is_not(tmp_path: Path) -> None:
    clock = Clock()
    alive = write_run(tmp_path, "alive", trained(3, status=""))
    over = write_run(tmp_path, "over", trained(3))
    runs = RunList(tmp_path, clock=clock)
    with RunLock(alive):
        runs.work([], 60)
        assert (runs.rows["alive"].alive, runs.rows["alive"].epoch, runs.alive) == (True, 3, 1)
        for directory in (alive, over):
            append(directory, [epoch(4)])
        clock.now += AGAIN_SECONDS
        assert runs.work([], 60)
    assert (runs.rows["alive"].epoch, runs.rows["over"].epoch) == (4, 3)
    clock.now += AGAIN_SECONDS
    runs.work(["over"], 60)
    assert runs.rows["over"].epoch == 4


def test_runs_that_are_gone_are_not_waited_for(tmp_path: Path) -> None:
    """The screen may still show what a scan has found to be gone."""
    five_runs(tmp_path)
    runs = RunList(tmp_path, clock=(clock := Clock()))
    runs.work([], 60)
    seen = list(runs.names)
    for path in list(tmp_path.iterdir()):
        shutil.rmtree(path)
        runs.forget(path.name)
    clock.now += 60
    runs.work(seen, 60)
    runs.work(seen, 60)
    assert (runs.names, runs.unread, runs.broken) == ([], 0, {})


def test_runs_come_and_go(runs: RunList, tmp_path: Path) -> None:
    gone = runs.names[0]
    runs.marked = {gone}
    shutil.rmtree(tmp_path / gone)
    write_run(tmp_path, "20990101-000000-new1", trained(1))
    CLOCK.now += SCAN_SECONDS
    assert runs.work([], 60)
    assert gone not in runs.names
    assert gone not in runs.rows
    assert not runs.marked
    assert runs.rows["20990101-000000-new1"].epoch == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": [9, 0]}', '{"schema": [1, 0], "id": 3}', "\x00"])
def test_a_run_that_cannot_be_read_says_why_and_spoils_no_other(runs: RunList, tmp_path: Path, text: str) -> None:
    bad = tmp_path / "20990101-000000-bad1"
    bad.mkdir()
    (bad / "run.json").write_text(text)
    runs.forget(bad.name)
    runs.work([], 60)
    assert bad.name in runs.broken[bad.name]
    assert len(runs.rows) == 5
    for runs.key in (None, *KEYS.values()):
        assert len(runs.order()) == 6


def test_a_folder_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    runs = RunList(tmp_path / "nothing", clock=Clock())
    assert runs.work([], 60)
    assert (runs.order(), runs.scanned) == ([], True)


@given(st.integers(1, 300))
def test_columns_fill_the_width_and_the_name_is_always_there(width: int) -> None:
    columns = fitting(width)
    assert any(column is NAME for column, _ in columns)
    if width >= 40:
        assert sum(room for _, room in columns) == width
    if width >= 125:
        assert len(columns) == len(COLUMNS)
