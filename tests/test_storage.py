"""The seam to the disk: a file is the old one or the new one, and a line is whole or not there."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.storage import Appender, append_line, disk, make_folder, publish


def test_a_published_file_replaces_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    for contents in (b"first", b"", b"third"):
        publish(tmp_path / "file", [contents[:2], memoryview(contents[2:])])
        assert (tmp_path / "file").read_bytes() == contents
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_published_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path / "file", [b"old"])

    def pieces():
        yield b"new"
        raise OSError(5, "the source broke")

    with pytest.raises(OSError, match="broke"):
        publish(tmp_path / "file", pieces())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}
    monkeypatch.setattr(disk, "write", lambda descriptor, data: os.write(descriptor, data[:1]))
    publish(tmp_path / "file", [b"byte by byte"])
    assert (tmp_path / "file").read_bytes() == b"byte by byte"


def test_new_files_are_readable_as_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        publish(tmp_path / "file", [b""])
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


@given(
    st.binary(max_size=300),
    st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"") + b"\n"), max_size=4),
)
def test_lines_follow_the_last_whole_one(
    tmp_path_factory: pytest.TempPathFactory, there: bytes, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(there)
    appender = Appender(path)
    for line in lines:
        appender.append(line)
    appender.close()
    kept = there[: there.rfind(b"\n") + 1]
    expected = kept + b"".join(lines) if lines else there
    assert path.read_bytes() == expected
    assert appender.size == len(kept + b"".join(lines))


def test_the_end_of_a_very_long_torn_line_is_found(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"whole\n" + b"x" * 300_000)
    appender = Appender(path)
    appender.append(b"next\n")
    appender.close()
    assert path.read_bytes() == b"whole\nnext\n"


def test_a_cut_forgets_what_lies_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1\n2\n3\n")
    appender = Appender(path)
    appender.cut(4)
    appender.append(b"4\n")
    appender.close()
    assert path.read_bytes() == b"1\n2\n4\n"


def ask(path: Path, who: int) -> None:
    for i in range(200):
        append_line(path, json.dumps({"who": who, "i": i, "filler": "x" * (i * 7 % 300)}).encode() + b"\n")


def test_many_processes_append_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "requests"
    context = multiprocessing.get_context("fork")
    askers = [context.Process(target=ask, args=(path, who)) for who in range(5)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    for who in range(5):
        assert [line["i"] for line in found if line["who"] == who] == list(range(200))


def test_half_a_line_that_somebody_left_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "requests"
    path.write_bytes(b'{"half')
    append_line(path, b"{}\n")
    assert path.read_bytes() == b'{"half\n{}\n'


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "x")
