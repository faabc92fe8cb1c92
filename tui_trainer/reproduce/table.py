"""The rows as tables on a terminal of 80 columns."""

from collections.abc import Sequence
from itertools import groupby

from tui_trainer.reproduce.measured import KINDS, SPLITS, Row
from tui_trainer.statistics import Spread


def print_rows(rows: Sequence[Row], own_data: Sequence[Row]) -> None:
    """A table for each preset: what is reported, and each row's median with its range; last, that with own data."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    for preset, group in groupby(rows, key=lambda row: row.experiment.preset):
        found, own = list(group), [row for row in own_data if row.experiment.preset == preset]
        title = f"{preset}: accuracy in %, {found[0].epochs} epochs, {len(found[0].seeds)} seeds"
        table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("")
        for split in SPLITS:
            for kind in KINDS:
                table.add_column(
                    f"{split.replace('training', 'train').replace('validation', 'val')} {kind}", justify="right"
                )
        for heading in ("dead", "lost"):
            table.add_column(heading, justify="right")
        reported = found[0].experiment.reported
        table.add_row("reported", *(f"{reported[s][k]:.2%}".rstrip("%") for s in SPLITS for k in KINDS), "", "")
        for row in [*found, *own]:
            counts = [len(row.seeds_with_dead_units), len(row.seeds_with_lost_digits)]
            units = [f"{count}/{len(row.seeds)}" if row.experiment.has_output_relu else "–" for count in counts]
            cells = [cell(row.spread(split, kind)) for split in SPLITS for kind in KINDS]
            table.add_row(row.experiment.variant if row in found else "own data", *cells, *units)
        console.print(table)


def cell(found: Spread | None) -> str:
    """Median and range in per cent."""
    return "–" if found is None else f"{100 * found.median:.1f}\n{100 * found.min:.1f}–{100 * found.max:.1f}"
