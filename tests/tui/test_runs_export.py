"""Export and deletion: files that say exactly what was measured, and nothing outside a run that is touched."""

import csv
import math
from pathlib import Path

import pytest
from run_directories import five_runs, trained, write_run

from tui_trainer.export import COLUMNS, export, to_csv
from tui_trainer.store import LockedError, RunDirectory, RunLock, RunReader, SchemaError, delete_run


def test_every_number_of_every_epoch_comes_back_bit_for_bit(tmp_path: Path) -> None:
    history = RunReader(write_run(tmp_path, "run", trained(25, status="diverged", nan_from=20))).read()
    target = tmp_path / "out.csv"
    export(target, [history])
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["epoch"]) for row in rows] == list(range(1, 26))
    assert [int(row["step"]) for row in rows] == [937 * number for number in range(1, 26)]
    for name in ("training_error", "validation_error", "learning_rate"):
        assert [float(row[name]) for row in rows] == list(history.curves[name].values)
    losses = [float(row["validation_loss"]) for row in rows]
    assert losses[:19] == list(history.curves["validation_loss"].values[:19])
    assert all(map(math.isinf, losses[19:]))
    assert math.isnan(float(rows[-1]["training_loss"]))
    assert float(rows[3]["validation_accuracy"]) == 1 - history.curves["validation_error"].values[3]


def test_several_runs_stand_in_one_table_by_their_names(tmp_path: Path) -> None:
    histories = [RunReader(path).read() for path in five_runs(tmp_path)]
    lines = list(csv.reader(to_csv(histories).splitlines()))
    assert len(lines) == 1 + 60 + 60 + 40 + 23 + 33
    assert {line[0] for line in lines[1:]} == {history.run for history in histories}


@pytest.mark.parametrize("name", ["=cmd()", "+1", "@x", "-2", 'a"b,c'])
def test_a_name_is_no_formula_and_breaks_no_line(tmp_path: Path, name: str) -> None:
    history = RunReader(write_run(tmp_path, name, trained(1))).read()
    (row,) = list(csv.reader(to_csv([history]).splitlines()))[1:]
    assert len(row) == len(COLUMNS)
    assert row[0].lstrip("'") == name
    assert row[0][0] not in "=+-@"


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine")
    with pytest.raises(FileExistsError, match="already there"):
        export(target, [])
    assert target.read_text() == "mine"


def test_a_deleted_run_is_gone_and_the_others_are_not(tmp_path: Path) -> None:
    paths = five_runs(tmp_path)
    delete_run(RunDirectory(paths[2]), tmp_path)
    assert sorted(tmp_path.iterdir()) == [*paths[:2], *paths[3:]]


def test_a_run_that_is_trained_is_not_deleted(tmp_path: Path) -> None:
    directory = write_run(tmp_path, "alive", trained(2, status=""))
    with RunLock(directory), pytest.raises(LockedError):
        delete_run(directory, tmp_path)
    assert RunReader(directory).read().epoch == 2


def test_a_link_to_a_run_elsewhere_is_not_followed(tmp_path: Path) -> None:
    elsewhere = write_run(tmp_path / "elsewhere", "run", trained(2))
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "link").symlink_to(elsewhere.path)
    with pytest.raises(SchemaError, match="link"):
        delete_run(RunDirectory(runs / "link"), runs)
    assert RunReader(elsewhere).read().epoch == 2


def test_links_in_a_run_are_removed_and_what_they_point_to_stays(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    directory = write_run(tmp_path / "runs", "run", trained(2))
    (directory.path / "folder").symlink_to(precious)
    (directory.checkpoints / "file").symlink_to(precious / "file")
    delete_run(directory, tmp_path / "runs")
    assert not directory.path.exists()
    assert (precious / "file").read_text() == "mine"


def test_a_lock_that_is_a_link_is_not_opened(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    directory = write_run(tmp_path / "runs", "run", trained(2))
    directory.lock.unlink()
    directory.lock.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic"):
        delete_run(directory, tmp_path / "runs")
    assert precious.read_text() == "mine"
    assert directory.about.exists()


@pytest.mark.parametrize("place", ["..", ".", "../runs2/run", "nothing"])
def test_what_is_no_run_in_the_folder_is_refused(tmp_path: Path, place: str) -> None:
    write_run(tmp_path / "runs2", "run", trained(1))
    runs = tmp_path / "runs"
    runs.mkdir()
    with pytest.raises(SchemaError, match="is not a run in"):
        delete_run(RunDirectory(runs / place), runs)
    assert (tmp_path / "runs2" / "run" / "run.json").exists()
    assert runs.exists()
