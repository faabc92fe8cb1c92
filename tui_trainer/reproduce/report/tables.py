"""The tables of a report."""

from collections.abc import Iterator, Sequence
from statistics import median

from tui_trainer.reproduce.conclusions import comparisons, reading
from tui_trainer.reproduce.crosscheck import CrossCheck
from tui_trainer.reproduce.measured import KINDS, SPLITS, Row, proportion
from tui_trainer.reproduce.report.blocks import Line, Table
from tui_trainer.reproduce.report.words import percent, points, signed, spread_words

NUMBERS = [(split, kind) for split in SPLITS for kind in KINDS]


def main_table(rows: Sequence[Row]) -> Table:
    """Reported against measured."""
    headers = [
        "accuracy, %",
        *(f"{split} {kind}" for split, kind in NUMBERS),
        "binomial 95 %",
        "dead in",
        "reported is",
    ]
    return Table(headers, list(_main_lines(rows)))


def _main_lines(rows: Sequence[Row]) -> Iterator[Line]:
    preset = None
    for row in rows:
        experiment = row.experiment
        if experiment.preset != preset:
            preset = experiment.preset
            yield Line([f"{preset}, {row.epochs} epochs"], "group")
            numbers = [percent(experiment.reported[split][kind], 2) for split, kind in NUMBERS]
            yield Line(["reported, one run", *numbers, "", "", ""], "reported")
        spreads = [spread_words(row.spread(split, kind)) for split, kind in NUMBERS]
        yield Line([experiment.variant, *spreads, _binomial(row), _dead(row), reading(row).verdict])


def _binomial(row: Row) -> str:
    found = row.spread("validation", "final")
    if found is None:
        return "–"
    interval = proportion(found.median, "validation")
    return f"{percent(interval.low)}–{percent(interval.high)}"


def _dead(row: Row) -> str:
    return f"{len(row.seeds_with_dead_units)} of {len(row.seeds)}" if row.experiment.has_output_relu else "no ReLU"


def dead_table(rows: Sequence[Row]) -> Table:
    """Which digits each seed has lost."""
    with_relu = [row for row in rows if row.experiment.has_output_relu]
    seeds = list(with_relu[0].seeds) if with_relu else []
    lines = [
        Line([row.experiment.name, *(" ".join(map(str, result.dead_units)) or "·" for result in row.seeds.values())])
        for row in with_relu
    ]
    return Table(["dead output units", *(f"seed {seed}" for seed in seeds)], lines)


def ceiling_table(rows: Sequence[Row]) -> Table:
    """What dead units leave, seed by seed, for the rows as printed that have some."""
    headers = ["seed", "dead output units", "ceiling", "training final", "validation final", "epoch of the last gain"]
    lines: list[Line] = []
    for row in rows:
        if row.experiment.variant == "as-printed" and row.seeds_with_dead_units:
            lines.append(Line([row.experiment.name], "group"))
            lines += [_ceiling_line(row, seed) for seed in row.seeds]
    return Table(headers, lines, left=2)


def _ceiling_line(row: Row, seed: int) -> Line:
    result = row.seeds[seed]
    dead = ", ".join(map(str, result.dead_units)) or "none"
    finals = [percent(result.accuracy(split, "final")) for split in SPLITS]
    return Line([str(seed), dead, percent(result.ceiling), *finals, str(result.history.best_epoch or "–")])


def comparison_table(rows: Sequence[Row]) -> Table:
    """Paired differences of the final validation accuracy."""
    headers = ["first", "second", "difference, points", "95 % interval", "first ahead in", "what may be said"]
    lines = []
    for found in comparisons(rows):
        names = [found.first.experiment.name, found.second.experiment.name]
        numbers = (
            ["–", "–"] if found.difference is None else [signed(found.difference.estimate), points(found.difference)]
        )
        lines.append(Line([*names, *numbers, f"{found.wins} of {found.seeds}", found.verdict]))
    return Table(headers, lines, left=2)


def sharing_table(shared: Row, own: Row) -> Table:
    """The same experiment with shared data and with nothing shared."""
    headers = ["accuracy, %", *(f"{split} {kind}" for split, kind in NUMBERS), "dead in"]
    names = ("shared data, weights differ", "everything differs")
    lines = [
        Line([name, *(spread_words(row.spread(split, kind)) for split, kind in NUMBERS), _dead(row)])
        for name, row in zip(names, (shared, own), strict=True)
    ]
    return Table(headers, lines)


def check_table(checks: Sequence[CrossCheck]) -> Table:
    """One seed of each PyTorch row on both engines."""
    headers = ["experiment", "seed", *(f"{split}, {word}" for split in SPLITS for word in ("largest", "last"))]
    lines = []
    for check in checks:
        apart = [part[split] for split in SPLITS for part in (check.largest_difference, check.final_difference)]
        lines.append(Line([check.experiment.name, str(check.seed), *(f"{100 * value:.3f}" for value in apart)]))
    return Table(headers, lines)


def finding_table(rows: Sequence[Row]) -> Table:
    """What the doctor said of the runs while they trained, and of how many."""
    lines = []
    for row in rows:
        found: dict[str, list[int]] = {}
        for result in row.seeds.values():
            for rule, finding in result.history.findings.items():
                found.setdefault(rule, []).append(finding.epoch)
        for rule, epochs in found.items():
            count = f"{len(epochs)} of {len(row.seeds)}"
            lines.append(Line([row.experiment.name, rule, count, f"{median(epochs):g}"]))
    return Table(["experiment", "finding", "seeds", "named at epoch (median)"], lines, left=2)
