"""Dropout masks from a seeded stream, the same for every engine, so that engines can be compared with dropout on."""

import math

import numpy as np

from engines.interface import Array


class MaskStream:
    """A stream of dropout masks that can be saved and gone on with.

    Inverted dropout (Srivastava et al. 2014, JMLR 15:1929): a kept unit is divided by the probability of
    keeping it, so that the expectation stays and evaluation needs no change.
    The probability is rounded to a multiple of 1/65536, and the scale is made for the rounded one.
    """

    STATE_WORDS = 4  # SFC64's state

    def __init__(self, seed: int) -> None:
        self._bits = np.random.SFC64(np.random.SeedSequence([seed, 0xD0]))

    def draw(self, shape: tuple[int, ...], probability: float, out: Array | None = None) -> Array:
        """A float32 mask of `shape`: 0 where dropped, 1 / (1 − probability) where kept; into `out` if given."""
        threshold = round(probability * 65536)
        size = math.prod(shape)
        words = self._bits.random_raw(-(-size // 4)).view(np.uint16)[:size].reshape(shape)
        scale = np.float32(65536 / (65536 - threshold)) if threshold < 65536 else np.float32(0)
        return np.multiply(words >= threshold, scale, out=out, dtype=np.float32)

    def state(self) -> Array:
        """The position in the stream, `(4,)` uint64."""
        return np.array(self._bits.state["state"]["state"], dtype=np.uint64)

    def set_state(self, state: Array) -> None:
        """Go on from a `state`."""
        whole = self._bits.state
        whole["state"]["state"] = np.array(state, dtype=np.uint64)
        whole["has_uint32"], whole["uinteger"] = 0, 0
        self._bits.state = whole
