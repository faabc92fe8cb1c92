"""Hostile data files: the exact data, or one line that names the file and the reason; no hang, memory bounded."""

import errno
import gzip
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from idx_files import NAMES, header, idx_bytes, write_split
from peak_memory import run_and_measure

from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.data import source

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = NAMES
PAGE = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>" + b"x" * 5_000 + b"</body></html>"


@pytest.fixture
def folder(tmp_path: Path, small_mnist: Path) -> Path:
    """A data set that may be broken."""
    shutil.copytree(small_mnist, tmp_path / "set")
    return tmp_path / "set"


def refusal(folder: Path, question: Callable = data.load) -> str:
    """The one line with which a folder is refused."""
    with pytest.raises(data.DataError) as caught:
        question(RunConfig(data=str(folder)))
    line = str(caught.value)
    assert line.isprintable()
    assert str(folder) in line
    return line


def packed_to(size: int, content: bytes) -> bytes:
    """A gzip file of exactly that many bytes, by a long name in its header."""
    packed = gzip.compress(content, mtime=0)
    return b"\x1f\x8b\x08\x08" + packed[4:10] + b"n" * (size - len(packed) - 1) + b"\0" + packed[10:]


ONES = idx_bytes(np.ones((640, 28, 28)))
BROKEN = {
    "empty": (b"", "is empty"),
    "cut in the magic": (b"\0\0\x08", "not an IDX file: it begins with 00 00 08"),
    "cut in the header": (header(640, 28, 28)[:11], "ends within its header"),
    "cut in the values": (header(640, 28, 28) + bytes(1_000), "has 1,016 bytes, but its header says 501,776"),
    "trailing bytes": (header(640, 28, 28) + bytes(501_761), "has 501,777 bytes, but its header says 501,776"),
    "labels for images": (header(640) + bytes(640), "holds labels (1 dimensions), where images (3) are wanted"),
    "four dimensions": (header(640, 28, 28, 1) + bytes(501_760), "holds something else (4 dimensions)"),
    "floats": (header(640, 28, 28, kind=0x0D) + bytes(4 * 501_760), "its values are of type 0x0d"),
    "unknown type": (header(640, 28, 28, kind=0x07) + bytes(501_760), "not an IDX file: it begins with 00 00 07 03"),
    "little-endian": (b"\x03\x08\0\0" + header(640, 28, 28)[4:] + bytes(501_760), "begins with 03 08 00 00"),
    "no examples": (header(0, 28, 28), "holds nothing: its header says 0 × 28 × 28"),
    "no pixels": (header(640, 0, 28), "holds nothing: its header says 640 × 0 × 28"),
    "overflow": (header(2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(99), "at most 2,147,483,648 can be read"),
    "overflow to 0 in 64 bits": (header(2**31, 2**31, 4) + bytes(99), "at most 2,147,483,648 can be read"),
    "large header": (header(60_000, 28, 28) + bytes(99), "has 115 bytes, but its header says 47,040,016"),
    "web page": (PAGE, "is a web page, not an IDX file"),
    "packed web page": (gzip.compress(PAGE), "is a web page, not an IDX file"),
    "text": (b"version https://git-lfs.github.com/spec/v1\n", "not an IDX file: it begins with 76 65 72 73"),
    "zip": (b"PK\x03\x04" + bytes(99), "not an IDX file: it begins with 50 4b 03 04"),
    "pickle": (b"\x80\x04\x95\x1c" + bytes(99), "not an IDX file: it begins with 80 04 95 1c"),
    "fewer images": (idx_bytes(np.zeros((639, 28, 28))), "has 640 labels for the 639 images"),
    "other size": (idx_bytes(np.zeros((640, 27, 28))), "its images are 28 × 28, those for training are 27 × 28"),
    "gzip of nothing": (gzip.compress(b""), "not an IDX file: it begins with nothing"),
    "gzip cut": (gzip.compress(ONES)[:-9], "its gzip data are cut short"),
    "gzip with a bad header": (b"\x1f\x8b\x07" + bytes(99), "its gzip data are damaged (unknown compression method)"),
    "gzip of too few": (gzip.compress(header(640, 28, 28) + bytes(9)), "cannot hold the 501,776 bytes"),
    "gzip of some": (gzip.compress(header(640, 28, 28) + os.urandom(999)), "is cut short: it has 999 of 501,760"),
    "gzip of too many": (gzip.compress(header(640, 28, 28) + bytes(501_761)), "more values than its header says"),
    "gzip and more": (gzip.compress(ONES) + b"\0", "more bytes after its gzip data"),
    "gzip and more, read later": (packed_to(source.PIECE, ONES) + b"\0", "more bytes after its gzip data"),
    "gzip of huge header": (gzip.compress(header(2_000_000, 28, 28)), "cannot hold the 1,568,000,016 bytes"),
    "gzip of a gzip": (gzip.compress(gzip.compress(header(640, 28, 28))), "it begins with 1f 8b 08 00"),
    "gzip far too long": (gzip.compress(header(1, 2, 2) + bytes(4)) + bytes(1 << 21), "is far larger than the 20"),
    "endless gzip name": (b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * (1 << 22), "is no IDX file"),
    "endless empty blocks": (b"\x1f\x8b\x08\0" + bytes(6) + b"\0\0\0\xff\xff" * (1 << 19), "is no IDX file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_by_name_and_reason(name, folder):
    content, reason = BROKEN[name]
    (folder / TRAIN_IMAGES).write_bytes(content)
    line = refusal(folder)
    assert reason in line
    assert len(line.splitlines()) == 1
    assert any(file in line for file in (NAMES if name in ("fewer images", "other size") else [TRAIN_IMAGES]))


@pytest.mark.parametrize("part", ["crc", "length"])
def test_gzip_checks_are_verified(part, folder):
    packed = bytearray(gzip.compress((folder / TEST_LABELS).read_bytes()))
    packed[-8 if part == "crc" else -4] ^= 1
    (folder / TEST_LABELS).write_bytes(packed)
    check = {"crc": "data", "length": "length"}[part]
    assert refusal(folder).endswith(f"{TEST_LABELS}: its gzip data are damaged (incorrect {check} check)")


def test_a_gzip_file_that_ends_with_a_piece_is_read(folder):
    (folder / TRAIN_IMAGES).write_bytes(packed_to(source.PIECE, ONES))
    assert (data.load(RunConfig(data=str(folder))).splits["training"].inputs == 1).all()


def test_swapped_files_are_refused(folder):
    (folder / TRAIN_IMAGES).rename(folder / "x")
    (folder / TRAIN_LABELS).rename(folder / TRAIN_IMAGES)
    (folder / "x").rename(folder / TRAIN_LABELS)
    assert f"{TRAIN_IMAGES}: holds labels" in refusal(folder)


def test_splits_that_are_exchanged_in_part_are_refused(folder):
    shutil.copy(folder / TEST_LABELS, folder / TRAIN_LABELS)
    assert f"{TRAIN_LABELS}: has 200 labels for the 640 images of {TRAIN_IMAGES}" in refusal(folder)


def test_one_class_is_refused(folder):
    for split, count in (("training", 40), ("validation", 40)):
        write_split(folder, split, np.ones((count, 2, 2)), np.zeros(count))
    assert "all labels are 0; there must be at least two classes" in refusal(folder)


@pytest.mark.parametrize("question", [data.check, data.load])
@pytest.mark.parametrize("name", NAMES)
def test_missing_files_are_named(name, question, folder):
    (folder / name).unlink()
    assert refusal(folder, question).endswith(f": holds no {name} or {name}.gz")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path may have 107 bytes
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


SPECIAL = {
    "folder": (Path.mkdir, "is a folder, not a file"),
    "fifo": (make_fifo, "is a FIFO, not a file"),
    "link to a fifo": (lambda path: (make_fifo(path.with_name("f")), path.symlink_to("f")), "is a FIFO, not a file"),
    "socket": (make_socket, "is a socket, not a file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
    "terminal": (lambda path: path.symlink_to("/dev/tty"), "is a device, not a file"),
    "link to itself": (lambda path: path.symlink_to(path.name), "too many levels of symbolic links"),
    "link to nothing": (lambda path: path.symlink_to("nothing"), "no such file or directory"),
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", [TRAIN_IMAGES, TEST_LABELS])
def test_what_is_not_a_file_is_not_opened(kind, name, folder):
    make, reason = SPECIAL[kind]
    (folder / name).unlink()
    make(folder / name)
    assert refusal(folder, data.check) == f"{folder / name}: {reason}"


def test_a_fifo_that_takes_the_files_place_does_not_block(folder, monkeypatch):
    real = os.open

    def exchange(path, flags, *rest):
        Path(path).unlink()
        os.mkfifo(path)
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", exchange)
    refusal(folder)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere", "no such file or directory"),
        (TRAIN_IMAGES, "is not a folder"),
        (f"{TRAIN_IMAGES}/deeper", "not a directory"),
        ("x" * 300, "file name too long"),
        ("x\0y", "cannot be a path"),
        ("x\udfffy\ud800", "cannot be a path"),
        ("\x1b]0;owned\x07\n\u202e[/red]", "no such file or directory"),
    ],
)
def test_folders_that_cannot_be(path, reason, folder):
    with pytest.raises(data.DataError, match=reason) as caught:
        data.load(RunConfig(data=f"{folder}/{path}"))
    assert str(caught.value).isprintable()


def test_a_path_of_any_length_is_cut_but_its_end_stays(folder):
    with pytest.raises(data.DataError) as caught:
        data.load(RunConfig(data=f"{folder}/{'x' * 10_000}/end"))
    assert len(str(caught.value)) < 600
    assert "x/end: file name too long" in str(caught.value)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOMEM, errno.ESTALE])
@pytest.mark.parametrize("call", ["open", "read"])
def test_what_the_system_refuses_is_one_line(number, call, folder, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(*((os, "open", refuse) if call == "open" else (source.Source, "_take", refuse)))
    assert refusal(folder) == f"{folder / TRAIN_IMAGES}: {os.strerror(number).lower()}"


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may read everything, so it becomes somebody else."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_permission_denied(folder, nobody):
    if os.geteuid() != 65534:
        (folder / TEST_IMAGES).chmod(0)
    assert refusal(folder, data.check).endswith(": permission denied")


def packed_zeros(megabytes: int, *shape: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with gzip.open(path, "wb") as file:
            file.write(header(*shape))
            for _ in range(megabytes):
                file.write(bytes(1 << 20))

    return write


def sparse(beginning: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(beginning)
        os.truncate(path, 1 << 42)

    return write


BOMBS = {
    "more than the header says": (packed_zeros(300, 640, 28, 28), "more values than its header says"),
    "more than can be read": (packed_zeros(300, 640, 2_000, 2_000), "at most 2,147,483,648 can be read"),
    "more than fits into the file": (packed_zeros(2, 640, 1_500, 1_100), "cannot hold the 1,056,000,016 bytes"),
    "more than there are labels": (packed_zeros(300, 300_000, 32, 32), "has 640 labels for the 300,000 images"),
    "4 TiB, plain": (sparse(header(640, 28, 28)), "its header says 501,776"),
    "4 TiB, packed": (sparse(gzip.compress(header(640, 28, 28) + bytes(501_760))), "far larger than the 501,776"),
}

REFUSE = """
import sys
from tui_trainer import data
from tui_trainer.config import RunConfig
try:
    data.load(RunConfig(data=sys.argv[1]))
except data.DataError as error:
    print(error)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_need_little_memory(name, folder):
    write, reason = BOMBS[name]
    write(folder / TRAIN_IMAGES)
    printed, peak = run_and_measure(REFUSE, str(folder))
    assert reason in printed
    assert peak <= 100e6
