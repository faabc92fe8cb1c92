"""What a report says, from first to last."""

from collections.abc import Iterator, Sequence

from tui_trainer.reproduce.assignment import DATA_SEED, REPORTED
from tui_trainer.reproduce.conclusions import Reading, compare, distance, reading
from tui_trainer.reproduce.measured import Row
from tui_trainer.reproduce.report.blocks import Block, Figures, Heading, Items, Text
from tui_trainer.reproduce.report.curves import curve_figure
from tui_trainer.reproduce.report.made import how_it_was_made
from tui_trainer.reproduce.report.strip import strip_figure
from tui_trainer.reproduce.report.tables import (
    ceiling_table,
    check_table,
    comparison_table,
    digit_table,
    finding_table,
    main_table,
    sharing_table,
)
from tui_trainer.reproduce.report.words import listed, percent, points, range_words, seeds_words
from tui_trainer.reproduce.reproduction import Reproduction

EXPERIMENTS = {1: "One experiment", 2: "Two experiments", 3: "Three experiments"}  # by the number of presets
VARIANT_WORDS = {
    "as-printed": "as printed",
    "dropout-input": "with dropout really applied, on the input",
    "dropout-logits": "with dropout really applied, on the logits",
    "without-relu": "without the ReLU on the logits",
}


def title(found: Reproduction) -> str:
    """The title; it says when the experiments were shortened."""
    if not found.shortened:
        return "The assignment, reproduced"
    full = listed([str(epochs) for epochs in sorted({e.config(0, None).epochs for e in found.plan.experiments})])
    return f"The assignment with {found.plan.epochs} epochs instead of {full}"


def content(found: Reproduction) -> list[Block]:
    """All blocks."""
    return [
        Heading(1, title(found)),
        *_summary(found),
        *_table(found),
        *_plots(found.rows),
        *_why(found.rows),
        *_differences(found.rows),
        *_trust(found),
        *how_it_was_made(found),
    ]


def _summary(found: Reproduction) -> Iterator[Block]:
    seeds, presets = found.plan.seeds, {experiment.preset for experiment in found.plan.experiments}
    yield Text(
        f"{EXPERIMENTS[len(presets)]} with a single layer on MNIST, each trained from "
        f"{'one seed' if seeds == 1 else f'{seeds} seeds where the assignment has one run'}. "
        "30,000 training and 5,000 validation examples, batches of 32, learning rate 0.01.",
        "lead",
    )
    yield Items([_printed(row) for row in found.rows if row.experiment.variant == "as-printed"])
    if not found.shortened:
        yield Items([_held(preset, found) for preset in REPORTED if _rows_of(found.rows, preset)])
    else:
        yield Text("These runs are not as long as the assignment’s, so the reported numbers are not held against them.")


def _rows_of(rows: Sequence[Row], preset: str) -> list[Row]:
    return [row for row in rows if row.experiment.preset == preset]


def _printed(row: Row) -> str:
    spread, reported = row.spread("validation", "final"), row.experiment.reported["validation"]["final"]
    if spread is None:
        return f"**{row.experiment.preset}**, as printed, diverged."
    return (
        f"**{row.experiment.preset}**, as printed: final validation accuracy {range_words(spread.min, spread.max)}, "
        f"median {percent(spread.median)}\u00a0%; the assignment reports {percent(reported, 2)}\u00a0%. "
        f"{_lost_words(row)}"
    )


def _lost_words(row: Row) -> str:
    """How many seeds lost a digit, and where those and the others ended."""
    lost = row.seeds_with_lost_digits
    ends = {seed: result.accuracy("validation", "final") for seed, result in row.seeds.items()}
    with_loss = [value for seed, value in ends.items() if seed in lost and value is not None]
    without = [value for seed, value in ends.items() if seed not in lost and value is not None]
    begun = f"{seeds_words(len(lost), len(row.seeds)).capitalize()} lost digits for good"
    if not with_loss or not without:
        return f"{begun}."
    return (
        f"{begun} and ended at {range_words(min(with_loss), max(with_loss))}, "
        f"the others at {range_words(min(without), max(without))}."
    )


def _held(preset: str, found: Reproduction) -> str:
    """Which rows have all four reported numbers within their range."""
    rows = _rows_of(found.rows, preset)
    own = _rows_of(found.own_data, preset)
    inside = [_reading_words(row) + _luck_words(reading(row)) for row in [*rows, *own] if reading(row).inside]
    nearly = [_reading_words(row) for row in [*rows, *own] if reading(row).nearly and not reading(row).inside]
    if inside:
        return f"The four numbers reported for **{preset}** all lie inside the measured range of: {'; '.join(inside)}."
    if nearly:
        return (
            f"The four numbers reported for **{preset}** lie inside the measured range, give or take the sampling "
            f"error of as many examples, of: {'; '.join(nearly)}."
        )
    nearest = min(rows, key=lambda row: distance(row, REPORTED[preset]))
    where = f"the nearest row is the one {_reading_words(nearest)}"
    return f"The numbers reported for **{preset}** lie in no measured range; {where}."


def _reading_words(row: Row) -> str:
    own = f" with examples and order of its own for each of {len(row.seeds)} seeds" if row.data_seed is None else ""
    return f"{VARIANT_WORDS[row.experiment.variant]}{own}"


def _luck_words(found: Reading) -> str:
    """How rare the rarest of the four numbers is there."""
    tail, count = found.rarest, len(found.row.seeds)
    if tail is None:
        return ""
    words = "maximum" if tail.kind == "max" else "final"
    does = "reached" if tail.above else "not passed"
    return (
        f" (the {words} {tail.split} accuracy of {percent(tail.reported, 2)}\u00a0% is {does} "
        f"by {seeds_words(tail.seeds, count)})"
    )


def _table(found: Reproduction) -> Iterator[Block]:
    yield Heading(2, "Reported and measured")
    yield main_table(found.rows, found.own_data)
    yield Text(
        "Median over the seeds, with the least and the greatest. “Binomial 95 %” is the Wilson interval of the last "
        "median for 5,000 validation examples: how far the draw of these leaves it open. “Dead” counts seeds with an "
        "output unit whose input to the ReLU is ≤ 0 for all 30,000 training examples; “lost” those with a unit for "
        "which it is so for all examples of its own digit; both with dropout off. “Inside” says that all four "
        "reported numbers lie between the least and the greatest seed, “nearly” that their binomial intervals reach "
        "there. Seeds share their examples and order, but for those with “own data”. As printed, the PyTorch network "
        "builds a dropout layer and never calls it; assignment-1 has none. Training accuracy is the mean over an "
        "epoch’s batches while the weights move; validation is measured after the epoch, dropout off.",
        "note",
    )
    yield Figures([strip_figure([*found.rows, *found.own_data])], "Where each seed ended.")


def _plots(rows: Sequence[Row]) -> Iterator[Block]:
    yield Heading(2, "Loss and error")
    yield Text(
        "Lines are medians over the seeds, bands reach from the least to the greatest; rings are where the "
        "assignment’s own run ended.",
        "note",
    )
    for row in rows:
        yield Heading(3, f"{row.experiment.preset}, {VARIANT_WORDS[row.experiment.variant]}")
        yield Figures([curve_figure(row, "loss"), curve_figure(row, "error")])


def _why(rows: Sequence[Row]) -> Iterator[Block]:
    yield Heading(2, "Why the numbers scatter")
    yield Text(
        "The ReLU stands on the logits, so an example moves an output unit only if it lifts the unit’s input above "
        "zero. Where no example of the unit’s own digit does, nothing pushes it up any more, and the other digits that "
        "lift it push it down, for all digits, as pixels are never negative: the digit is lost for good (with Adam as "
        "soon as the averages of past gradients have faded). Its examples get the logit 0 there, and can be right only "
        "by a tie, which falls to the smallest digit: a lost 0 is still named. Where no example at all lifts the unit, "
        "it is dead: no gradient reaches it. Which digits are lost is settled by the first weights and the first "
        "steps: one run is one draw. The ceiling is the share of training examples whose digit can be named; digits in "
        "brackets have a unit that is not quite dead."
    )
    if any(row.experiment.variant == "dropout-input" for row in rows):
        yield Text(
            "With dropout on the input, all of this holds only nearly: what is left of an example can lift a unit that "
            "no whole one does, so a digit that is lost or dead there may yet come back."
        )
    yield digit_table(rows)
    if (table := ceiling_table(rows)).lines:
        yield table
    yield from _relu_words(rows)
    if (table := finding_table(rows)).lines:
        yield Heading(3, "What the doctor said of these runs")
        yield table


def _relu_words(rows: Sequence[Row]) -> Iterator[Block]:
    """Whether taking the ReLU away helps, preset by preset, where that can be said."""
    said = []
    for row in rows:
        if row.experiment.variant != "without-relu":
            continue
        (printed,) = [r for r in _rows_of(rows, row.experiment.preset) if r.experiment.variant == "as-printed"]
        found, spread = compare(row, printed), row.spread("validation", "final")
        if found.better is row and found.difference is not None and spread is not None:
            said.append(
                f"**{row.experiment.preset}** without that ReLU ends at {range_words(spread.min, spread.max)} "
                f"validation accuracy: {points(found.difference)} points more than as printed (paired by seed, 95 %)."
            )
    if said:
        yield Items(said)
    if any("assignment-2-adam" in sentence for sentence in said):
        yield Text(
            "Learning rate, dropout and data are the same in both. So what holds Adam down is neither a local minimum "
            "nor too much dropout, which as printed is never applied."
        )


def _differences(rows: Sequence[Row]) -> Iterator[Block]:
    yield Heading(2, "What is better than what")
    yield comparison_table(rows)
    yield Text(
        "Mean difference of the final validation accuracy over pairs of the same seed, with Student’s 95 % interval. "
        "“Better” is said only where that interval does not hold zero and the binomial intervals of the two means do "
        "not overlap; where only the first is so, other seeds would agree, but other examples might not. Each interval "
        "stands for itself: of twenty without any difference, one would claim one.",
        "note",
    )


def _trust(found: Reproduction) -> Iterator[Block]:
    yield Heading(2, "How far to trust this")
    yield Text(
        f"The seeds of a row share their examples and the order of these (data seed {DATA_SEED}). They differ in their "
        "initial weights and dropout masks alone, so the spread of a row is that of the weights. To check what that "
        "hides, the rows as printed were trained again with seeds that also draw their own examples and order "
        f"({max((len(row.seeds) for row in found.own_data), default=0)} of them; the more, the wider their range):"
    )
    yield sharing_table(found.rows, found.own_data)
    if found.checks:
        yield Text(
            "All rows were trained by the scratch engine, whose seeds train side by side and come out bit for bit as "
            "each would alone. The presets of problem 2 name PyTorch: the first seed of each of their rows was trained "
            "there too, from the same initial values on the same batches. The largest and the last difference between "
            "the two, over all epochs, of the accuracy in points:"
        )
        yield check_table(found.checks)
    else:
        yield Text("All rows were trained by the scratch engine; none was checked on PyTorch.")
