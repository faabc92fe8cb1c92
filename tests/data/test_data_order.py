"""The order of examples is a permutation, a pure function of its arguments, and never changes between versions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.data import epoch_order
from tui_trainer.data.order import sample

seeds = st.integers(0, 2**63 - 1)
epochs = st.integers(0, 10_000_000)


@given(seeds, epochs, st.integers(1, 5_000))
def test_an_epoch_is_a_permutation_and_pure(seed, epoch, examples):
    order = epoch_order(seed, epoch, examples)
    np.random.default_rng().random(3)
    assert order.dtype == np.int64
    assert np.array_equal(np.sort(order), np.arange(examples))
    assert np.array_equal(order, epoch_order(seed, epoch, examples))


@given(seeds, epochs)
def test_seeds_and_epochs_give_orders_of_their_own(seed, epoch):
    orders = [epoch_order(seed, epoch, 200), epoch_order(seed, epoch + 1, 200), epoch_order(seed ^ 1, epoch, 200)]
    assert len({order.tobytes() for order in orders}) == 3


def test_without_shuffle_the_order_is_that_of_the_data():
    assert np.array_equal(epoch_order(1, 7, 100, shuffle=False), np.arange(100))


def test_orders_are_those_of_the_first_version():
    assert epoch_order(1, 0, 8).tolist() == [4, 2, 0, 6, 1, 5, 7, 3]
    assert epoch_order(2**63 - 1, 239, 8).tolist() == [0, 7, 3, 6, 2, 1, 5, 4]
    assert sample(1, "training", 60_000, 30_000)[:6].tolist() == [0, 2, 3, 5, 7, 8]


def test_orders_are_uniform():
    first = np.array([epoch_order(3, epoch, 10) for epoch in range(4_000)])
    counts = np.array([np.bincount(column, minlength=10) for column in first.T])
    chi_squared = ((counts - 400) ** 2 / 400).sum()
    assert chi_squared < 81 + 5 * (2 * 81) ** 0.5  # 81 degrees of freedom, five deviations


@given(seeds, st.sampled_from(["training", "validation"]), st.integers(1, 3_000), st.data())
def test_a_sample_is_without_replacement_and_in_the_order_of_the_file(seed, split, total, data):
    examples = data.draw(st.integers(1, total))
    chosen = sample(seed, split, total, examples)
    assert len(chosen) == examples
    assert (np.diff(chosen) > 0).all()
    assert chosen[0] >= 0
    assert chosen[-1] < total
    assert np.array_equal(chosen, sample(seed, split, total, examples))


def test_samples_differ_by_seed_and_split():
    samples = [sample(1, "training", 1_000, 500), sample(2, "training", 1_000, 500)]
    samples.append(sample(1, "validation", 1_000, 500))
    assert len({chosen.tobytes() for chosen in samples}) == 3
