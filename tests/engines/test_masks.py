"""Dropout masks: keep the expectation, and go on exactly where they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.masks import MaskStream

probabilities = st.floats(min_value=0.001, max_value=0.999)
shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(st.integers(0, 2**63), probabilities, shapes)
def test_a_mask_is_zero_or_one_over_the_share_kept(seed: int, probability: float, shape: tuple[int, int]) -> None:
    mask = MaskStream(seed).draw(shape, probability)
    assert mask.shape == shape
    assert mask.dtype == np.float32
    kept = 1 - round(probability * 65536) / 65536
    assert set(np.unique(mask)) <= {np.float32(0), np.float32(1 / kept)}


@pytest.mark.parametrize("probability", [0.1, 0.25, 0.5, 0.9])
def test_a_mask_keeps_the_expectation(probability: float) -> None:
    mask = MaskStream(1).draw((1000, 1000), probability)
    spread = np.sqrt(probability / (1 - probability) / mask.size)
    assert abs(mask.mean(dtype=float) - 1) < 5 * spread


@given(st.integers(0, 2**63), st.lists(st.tuples(shapes, probabilities), min_size=1, max_size=5))
def test_a_stream_goes_on_where_its_state_was_taken(seed: int, draws: list) -> None:
    stream = MaskStream(seed)
    stream.draw((7, 5), 0.5)
    state = stream.state()
    first = [stream.draw(shape, p).tobytes() for shape, p in draws]
    other = MaskStream(seed + 1)
    other.set_state(state)
    assert [other.draw(shape, p).tobytes() for shape, p in draws] == first
