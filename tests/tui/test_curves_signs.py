"""The signs at the foot of a plot: the right columns, at a cost that does not grow with the run."""

from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.tui.curve_signs import COLUMNS, Happenings
from tui_trainer.tui.zoom import Stretch

stretches = st.builds(
    lambda low, width, log: Stretch(low, low + width, log),
    st.floats(0.01, 100),
    st.floats(0.01, 1000),
    st.booleans(),
)


def checkpoints(places: list[float]) -> Happenings:
    return Happenings("checkpoint", places, lambda x: x, str)


@given(st.lists(st.floats(0.001, 1500), max_size=300).map(sorted), stretches)
def test_each_column_that_has_something_gets_one_sign_and_no_other_does(places: list[float], seen: Stretch) -> None:
    edges = [seen.at((column + 0.5) / COLUMNS) for column in range(-1, COLUMNS + 1)]
    clear = [x for x in places if all(abs(x - edge) > 1e-9 * x for edge in edges)]  # on an edge, either column is right
    found = dict(checkpoints(clear).spaced(seen))
    assert list(found) == sorted({c for x in clear if 0 <= (c := round(seen.share(x) * COLUMNS)) <= COLUMNS})
    assert all(round(seen.share(x) * COLUMNS) == column for column, x in found.items())


def test_a_million_checkpoints_cost_the_columns_that_are_seen() -> None:
    looked_at = 0

    def x(place: int) -> float:
        nonlocal looked_at
        looked_at += 1
        return float(place)

    checkpoints = Happenings("checkpoint", range(1_000_000), x, str)
    assert len(list(checkpoints.spaced(Stretch(0, 1_000_000)))) == COLUMNS + 1
    assert looked_at < 40 * COLUMNS


@given(st.lists(st.floats(0, 100), max_size=50).map(sorted), st.floats(0, 100), st.floats(0, 50))
def test_what_is_told_is_all_that_lies_between(places: list[float], low: float, width: float) -> None:
    told = [happening.x for happening in checkpoints(places).between(low, low + width)]
    assert told == [x for x in places if low <= x <= low + width]


def test_foreign_words_are_made_safe_when_they_are_told() -> None:
    (happening,) = Happenings("end", [1.0], lambda x: x, lambda _: "failed: \x1b[2J").between(0, 2)
    assert happening.text == "failed: \\x1b[2J"
