"""The tables of a report."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tui_trainer.reproduce.conclusions import comparisons, reading
from tui_trainer.reproduce.crosscheck import CrossCheck
from tui_trainer.reproduce.measured import KINDS, SPLITS, OutputUnits, Row, SeedResult, proportion
from tui_trainer.reproduce.report.blocks import Line, Table
from tui_trainer.reproduce.report.words import percent, points, signed, spread_words

NUMBERS = [(split, kind) for split in SPLITS for kind in KINDS]


def main_table(rows: Sequence[Row], own_data: Sequence[Row]) -> Table:
    """Reported against measured: each row, and beside it the one of the same experiment in which everything differs."""
    headers = [
        "accuracy, %",
        *(f"{split} {kind}" for split, kind in NUMBERS),
        "binomial 95\u00a0%",
        "dead",
        "lost",
        "reported is",
    ]
    return Table(headers, list(_main_lines(rows, own_data)))


def _main_lines(rows: Sequence[Row], own_data: Sequence[Row]) -> Iterator[Line]:
    preset = None
    for row in rows:
        experiment = row.experiment
        if experiment.preset != preset:
            preset = experiment.preset
            yield Line([f"{preset}, {row.epochs} epochs"], "group")
            numbers = [percent(experiment.reported[split][kind], 2) for split, kind in NUMBERS]
            yield Line(["reported, one run", *numbers, "", "", "", ""], "reported")
        yield _main_line(experiment.variant, row)
        for own in own_data:
            if own.experiment == experiment:
                yield _main_line(f"{experiment.variant}, own data, {len(own.seeds)} seeds", own)


def _main_line(name: str, row: Row) -> Line:
    spreads = [spread_words(row.spread(split, kind)) for split, kind in NUMBERS]
    return Line([name, *spreads, _binomial(row), *_counts(row), _verdict(row)])


def _verdict(row: Row) -> str:
    return "–" if row.shortened else reading(row).verdict


def _binomial(row: Row) -> str:
    found = row.spread("validation", "final")
    if found is None:
        return "–"
    interval = proportion(found.median, "validation")
    return f"{percent(interval.low)}–{percent(interval.high)}"


def _counts(row: Row) -> list[str]:
    """How many seeds have dead output units, and how many lost digits."""
    if not row.experiment.has_output_relu:
        return ["–", "–"]
    return [str(len(seeds)) for seeds in (row.seeds_with_dead_units, row.seeds_with_lost_digits)]


def digit_table(rows: Sequence[Row]) -> Table:
    """Which digits each seed has lost, in brackets those whose unit is not quite dead."""
    with_relu = [row for row in rows if row.experiment.has_output_relu]
    seeds = list(with_relu[0].seeds) if with_relu else []
    lines = [
        Line([row.experiment.name, *(_digits(result.units) or "·" for result in row.seeds.values())])
        for row in with_relu
    ]
    return Table(["digits lost", *(f"seed {seed}" for seed in seeds)], lines)


def _digits(units: OutputUnits) -> str:
    return "".join(f"{digit}" if digit in units.dead else f"({digit})" for digit in units.lost)


def ceiling_table(rows: Sequence[Row]) -> Table:
    """What lost digits leave, for the seeds of the rows as printed that lost any."""
    headers = ["seed", "digits lost", "ceiling", "training final", "validation final", "best epoch"]
    lines: list[Line] = []
    for row in rows:
        if row.experiment.variant == "as-printed" and row.seeds_with_lost_digits:
            lines.append(Line([row.experiment.name], "group"))
            lines += [_ceiling_line(seed, row.seeds[seed]) for seed in row.seeds_with_lost_digits]
    return Table(headers, lines, left=2)


def _ceiling_line(seed: int, result: SeedResult) -> Line:
    finals = [percent(result.accuracy(split, "final")) for split in SPLITS]
    best = str(result.history.best_epoch or "–")
    return Line([str(seed), _digits(result.units), percent(result.units.ceiling), *finals, best])


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


def sharing_table(rows: Sequence[Row], own_data: Sequence[Row]) -> Table:
    """Each preset as printed, with shared data and with nothing shared."""
    headers = ["accuracy, %", *(f"{split} {kind}" for split, kind in NUMBERS), "dead", "lost", "reported is"]
    lines: list[Line] = []
    for own in own_data:
        (shared,) = [row for row in rows if row.experiment == own.experiment]
        lines.append(Line([own.experiment.preset], "group"))
        for name, row in (("shared data, weights differ", shared), ("everything differs", own)):
            spreads = [spread_words(row.spread(split, kind)) for split, kind in NUMBERS]
            lines.append(Line([name, *spreads, *_counts(row), _verdict(row)]))
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
    """What the doctor said of the runs of each row, and of how many of them."""
    lines = []
    for row in rows:
        found = [finding for result in row.seeds.values() for finding in result.history.findings.values()]
        if found:
            causes = Counter(finding.rule for finding in found if not finding.explained_by)
            effects = Counter(finding.rule for finding in found if finding.explained_by)
            lines.append(Line([row.experiment.name, _counted(causes), _counted(effects)]))
    return Table(
        ["experiment", "findings, and in how many seeds they held at the end", "what these explain"], lines, left=3
    )


def _counted(rules: Counter[str]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
