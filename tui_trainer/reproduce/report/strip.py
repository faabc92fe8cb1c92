"""One dot for each seed: where each row's seeds ended, beside what the assignment reports."""

import math
from collections.abc import Sequence

from tui_trainer.reproduce.measured import Row
from tui_trainer.reproduce.report.blocks import Figure
from tui_trainer.reproduce.report.svg import Scale, dot, segment, text, ticks

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 900, 190, 24, 34, 40
STEP, GAP = 24, 12  # pixels from row to row, and more between presets


def strip_figure(rows: Sequence[Row]) -> Figure:
    """Final validation accuracy of every seed; rings are seeds that lost digits, bars what is reported."""
    places = _places(rows)
    height = int(places[-1] + STEP / 2 + BOTTOM) if places else TOP + BOTTOM
    values = [value for row in rows for value in row.accuracies("validation", "final")]
    values += [row.experiment.reported["validation"]["final"] for row in rows]
    low = math.floor(max(0.0, min(values) - 0.01) * 20) / 20
    x = Scale(low, 1.0, LEFT, WIDTH - RIGHT)
    parts = [_axis(x, height - BOTTOM), _legend()]
    for row, place in zip(rows, places, strict=True):
        parts += _row(row, place, x)
    alt = "final validation accuracy of every seed, row by row, beside the reported one"
    return Figure("final-validation-accuracy", "".join(parts), WIDTH, height, alt)


def _places(rows: Sequence[Row]) -> list[float]:
    places, place = [], TOP + STEP / 2
    for index, row in enumerate(rows):
        if index and row.experiment.preset != rows[index - 1].experiment.preset:
            place += GAP
        places.append(place)
        place += STEP
    return places


def _row(row: Row, place: float, x: Scale) -> list[str]:
    reported = x(row.experiment.reported["validation"]["final"])
    own = ", own data" if row.data_seed is None else ""
    parts = [text(LEFT - 12, place + 4, row.experiment.name.removeprefix("assignment-") + own, "end")]
    parts.append(segment(x.first, place, x.last, place, "grid"))
    parts.append(segment(reported, place - STEP / 2, reported, place + STEP / 2, "bar"))
    for result in row.seeds.values():
        accuracy = result.accuracy("validation", "final")
        if accuracy is not None:
            parts.append(dot(x(accuracy), place, "seed lost" if result.units.lost else "seed", 5))
    return parts


def _axis(x: Scale, bottom: float) -> str:
    parts = [segment(x.first, bottom, x.last, bottom, "axis")]
    for value in ticks(x.low, x.high, 8):
        parts.append(segment(x(value), TOP, x(value), bottom, "grid"))
        parts.append(text(x(value), bottom + 17, f"{value:.0%}".replace("%", " %"), "middle"))
    parts.append(text((x.first + x.last) / 2, bottom + 34, "final validation accuracy", "middle"))
    return "".join(parts)


def _legend() -> str:
    parts = [dot(LEFT + 6, 12, "seed", 5), text(LEFT + 16, 16, "a seed")]
    parts += [dot(LEFT + 86, 12, "seed lost", 5), text(LEFT + 96, 16, "a seed that lost digits")]
    parts += [segment(LEFT + 256, 3, LEFT + 256, 21, "bar"), text(LEFT + 264, 16, "what the assignment reports")]
    return "".join(parts)
