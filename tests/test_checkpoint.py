"""A checkpoint gives back what it was given, to the bit, or says in one line why not."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from safetensors import safe_open
from small_runs import bits

from tui_trainer.checkpoint import Checkpoint, CheckpointError, is_finite, read_checkpoint, write_checkpoint

ARRAYS = st_numpy.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint64, np.uint8, np.bool_]),
    st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20).filter(
    lambda name: name != "__metadata__"
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(NAMES, ARRAYS, max_size=4), st.dictionaries(st.text(max_size=8), VALUES, max_size=4))
def test_it_gives_back_what_it_was_given(tmp_path_factory: pytest.TempPathFactory, tensors: dict, about: dict) -> None:
    path = tmp_path_factory.mktemp("checkpoint") / "state.safetensors"
    write_checkpoint(path, Checkpoint(tensors, about))
    found = read_checkpoint(path)
    assert bits(found.tensors) == bits(tensors)
    assert found.about == about


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(20.0)[::2],
        np.arange(24.0).reshape(2, 3, 4)[:, ::-1, 1:3],
        np.broadcast_to(np.float32(3), (4, 5)),
        np.array(7),
    ],
)
def test_an_array_is_stored_as_it_reads_not_as_it_lies(array: np.ndarray, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "state", Checkpoint({"a": array}, {}))
    assert np.array_equal(read_checkpoint(tmp_path / "state").tensors["a"], array)


def test_others_can_read_it(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "state", Checkpoint({"a": np.arange(3.0)}, {"step": 1}))
    with safe_open(tmp_path / "state", "numpy") as file:
        assert file.get_tensor("a").tolist() == [0, 1, 2]
        assert set(file.metadata()) == {"about", "sha256"}


def test_the_digest_covers_names_types_shapes_and_description(tmp_path: Path) -> None:
    """Two states whose bytes are the same and whose meaning is not have different digests."""
    same = np.zeros(4, np.float32)
    states = [
        Checkpoint({"a": same}, {}),
        Checkpoint({"b": same}, {}),
        Checkpoint({"a": same.reshape(2, 2)}, {}),
        Checkpoint({"a": same.view(np.int32)}, {}),
        Checkpoint({"a": same}, {"step": 1}),
        Checkpoint({"a": same[:2], "b": same[2:]}, {}),
    ]
    digests = set()
    for state in states:
        write_checkpoint(tmp_path / "state", state)
        with safe_open(tmp_path / "state", "numpy") as file:
            digests.add(file.metadata()["sha256"])
    assert len(digests) == len(states)


def test_a_description_is_strict_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_checkpoint(tmp_path / "state", Checkpoint({}, {"loss": float("nan")}))
    assert not list(tmp_path.iterdir())


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        read_checkpoint(tmp_path / "nothing")


def test_finite_looks_at_numbers_alone() -> None:
    assert is_finite({"a": np.zeros(2), "b": np.array(2**62)})
    for bad in (np.nan, np.inf, -np.inf):
        assert not is_finite({"a": np.zeros(2), "b": np.array([1, bad], np.float32)})
