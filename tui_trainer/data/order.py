"""Which examples, and in which order: pure functions of the seed, the same for every engine, machine and NumPy."""

import numpy as np

from engines.interface import Array

INDEX = np.uint64(0xFFFFFFFF)  # the low half of a word
STREAMS = {"training": 0, "validation": 1, "order": 2}


def epoch_order(seed: int, epoch: int, examples: int, shuffle: bool = True) -> Array:
    """The order of an epoch, a permutation `(examples,)` int64 that depends on (seed, epoch) alone.

    Each example gets a word of the counter-based generator Philox (Salmon et al. 2011), whose key is the seed
    and whose counter begins at the epoch; the words are sorted. Raw words do not change between versions of NumPy.
    """
    return _shuffled(seed, STREAMS["order"], epoch, examples) if shuffle else np.arange(examples)


def sample(seed: int, split: str, total: int, examples: int) -> Array:
    """Which `examples` of `total` a split is made of, without replacement, `(examples,)` int64 in ascending order."""
    if examples == total:
        return np.arange(total)
    return np.sort(_shuffled(seed, STREAMS[split], 0, total)[:examples])


def _shuffled(seed: int, stream: int, epoch: int, total: int) -> Array:
    bits = np.random.Philox(
        key=np.array([seed, stream], dtype=np.uint64), counter=np.array([0, 0, 0, epoch], dtype=np.uint64)
    )
    words = bits.random_raw(total)
    words &= ~INDEX  # the high half decides, the low half is the example: sorting values is faster than argsort
    words |= np.arange(total, dtype=np.uint64)
    words.sort()
    words &= INDEX
    return words.view(np.int64)
