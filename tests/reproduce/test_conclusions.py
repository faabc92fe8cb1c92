"""What is concluded from scripted accuracies."""

import itertools
from pathlib import Path

import pytest
from scripted_rows import scripted_row

from tui_trainer.reproduce.assignment import Experiment
from tui_trainer.reproduce.conclusions import compare, comparisons, reading
from tui_trainer.reproduce.measured import proportion

PRINTED = Experiment("assignment-2-adam", "as-printed")
PLAIN = Experiment("assignment-2-adam", "without-relu")


def test_reported_numbers_lie_inside_a_range_that_holds_all_four(tmp_path: Path) -> None:
    assert reading(scripted_row(PRINTED, (0.5, 0.76), tmp_path)).verdict == "inside"


def test_of_the_four_numbers_the_one_that_fewest_seeds_come_to_is_known(tmp_path: Path) -> None:
    rarest = reading(scripted_row(PRINTED, (0.5, 0.6, 0.7, 0.7556, 0.76), tmp_path)).rarest
    assert rarest is not None
    assert (rarest.split, rarest.kind, rarest.above, rarest.seeds) == ("training", "max", True, 1)
    rarest = reading(scripted_row(PRINTED, (0.7, 0.8, 0.81, 0.82), tmp_path)).rarest
    assert rarest is not None
    assert (rarest.above, rarest.seeds) == (False, 1)


def test_a_range_that_misses_them_by_less_than_sampling_holds_them_nearly(tmp_path: Path) -> None:
    found = reading(scripted_row(PRINTED, (0.5, 0.7555), tmp_path))
    assert (found.inside, found.nearly) == (False, True)
    assert found.verdict == "nearly"


def test_a_range_far_from_them_does_not(tmp_path: Path) -> None:
    assert reading(scripted_row(PRINTED, (0.8, 0.9), tmp_path)).verdict == "outside"


def test_better_is_said_where_seeds_and_examples_agree(tmp_path: Path) -> None:
    found = compare(scripted_row(PLAIN, (0.90, 0.91, 0.92), tmp_path), scripted_row(PRINTED, (0.5, 0.6, 0.7), tmp_path))
    assert found.verdict == "assignment-2-adam without-relu is better"
    assert found.difference is not None
    assert found.difference.low > 0
    assert found.wins == 3


def test_better_is_said_of_the_second_too(tmp_path: Path) -> None:
    found = compare(scripted_row(PRINTED, (0.5, 0.6, 0.7), tmp_path), scripted_row(PLAIN, (0.90, 0.91, 0.92), tmp_path))
    assert found.verdict == "assignment-2-adam without-relu is better"


def test_a_steady_but_tiny_lead_is_one_on_these_examples_only(tmp_path: Path) -> None:
    first = scripted_row(PRINTED, (0.9002, 0.9003, 0.9004), tmp_path)
    found = compare(first, scripted_row(PLAIN, (0.9000, 0.9001, 0.9002), tmp_path))
    assert found.better is None
    assert found.verdict == "assignment-2-adam as-printed is ahead on these examples"


def test_a_lead_in_some_seeds_is_no_difference(tmp_path: Path) -> None:
    found = compare(scripted_row(PRINTED, (0.5, 0.9, 0.6), tmp_path), scripted_row(PLAIN, (0.7, 0.6, 0.65), tmp_path))
    assert found.verdict == "no difference is shown"


@pytest.mark.parametrize("finals", [(0.9,), ()])
def test_one_seed_has_no_interval(tmp_path: Path, finals: tuple[float, ...]) -> None:
    found = compare(scripted_row(PRINTED, finals, tmp_path), scripted_row(PLAIN, finals, tmp_path))
    assert found.difference is None
    assert found.verdict == "no difference is shown"


def test_seeds_are_paired_by_their_number(tmp_path: Path) -> None:
    found = compare(scripted_row(PRINTED, (0.5, 0.6, 0.7), tmp_path), scripted_row(PLAIN, (0.4, 0.5), tmp_path))
    assert (found.seeds, found.wins) == (2, 2)
    assert found.difference is not None
    assert found.difference.estimate == pytest.approx(0.1)


def test_every_variant_is_compared_with_the_one_as_printed(tmp_path: Path) -> None:
    rows = [
        scripted_row(Experiment(preset, variant), (0.5, 0.6), tmp_path)
        for preset, variant in itertools.product(("assignment-1", "assignment-2-sgd"), ("as-printed", "without-relu"))
    ]
    pairs = [(found.first.experiment.name, found.second.experiment.name) for found in comparisons(rows)]
    assert pairs == [
        ("assignment-1 without-relu", "assignment-1 as-printed"),
        ("assignment-2-sgd without-relu", "assignment-2-sgd as-printed"),
        ("assignment-1 as-printed", "assignment-2-sgd as-printed"),
    ]


def test_a_validation_accuracy_is_known_to_less_than_a_point() -> None:
    found = proportion(0.925, "validation")
    assert (found.low, found.high) == pytest.approx((0.9174, 0.9320), abs=2e-4)
