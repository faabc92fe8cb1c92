"""The doctor's benchmark, what came of it: verdicts, and tables in Markdown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.doctor_faults import FAULTS
from benchmarks.doctor_healthy import HEALTHY
from benchmarks.doctor_runs import plan_of

Result = Mapping[str, Any]


def verdict(result: Result) -> str:
    """Of a planted fault: right, confused or missed; of a healthy run: silent, false, or unsound if it was not healthy.

    Right means that the fault was named, and that it, or another that is as true, was named as a cause of its own.
    """
    plan = plan_of(result["fault"], result["number"])
    if result["unsound"]:
        return "unsound"
    if plan.healthy:
        warned = any(severity != "note" for severity in result["severities"].values())
        return "false" if warned else "silent"
    true = {plan.fault, *plan.also}
    if plan.fault in result["first"] and true & set(result["roots"]):
        return "right"
    return "confused" if set(result["roots"]) - true else "missed"


def beside(result: Result) -> list[str]:
    """Causes that were named beside the true ones."""
    plan = plan_of(result["fault"], result["number"])
    return [name for name in result["roots"] if name not in (plan.fault, *plan.also)]


def tables(results: Sequence[Result], repairs: Sequence[Result]) -> str:
    """Planted faults by rule, healthy runs by kind, and the totals."""
    return "\n\n".join([planted_table(results, repairs), healthy_table(results), totals(results, repairs)])


def planted_table(results: Sequence[Result], repairs: Sequence[Result]) -> str:
    """One row for each fault."""
    false = Counter(name for result in results if verdict(result) == "false" for name in result["roots"])
    rows = []
    for fault in FAULTS:
        mine = [result for result in results if result["fault"] == fault]
        outcomes = Counter(map(verdict, mine))
        confused = Counter(name for result in mine if verdict(result) == "confused" for name in beside(result))
        others = Counter(name for result in mine if verdict(result) == "right" for name in beside(result))
        mended = [repair["recovered"] for repair in repairs if repair["fault"] == fault]
        counts = (len(mine), outcomes["right"], outcomes["missed"])
        mending = f"{sum(mended)} of {len(mended)}" if mended else "–"
        rows.append([f"`{fault}`", *map(str, counts), listed(confused), listed(others), str(false[fault]), mending])
    heads = ["rule", "planted", "right", "missed", "confused with", "named beside it", "false", "mended"]
    return markdown(heads, rows)


def healthy_table(results: Sequence[Result]) -> str:
    """One row for each kind of healthy run."""
    rows = []
    for kind in HEALTHY:
        mine = [result for result in results if result["fault"] == kind]
        outcomes = Counter(map(verdict, mine))
        named = Counter(name for result in mine if verdict(result) == "false" for name in result["first"])
        judged = len(mine) - outcomes["unsound"]
        warned = sum(bool(result["roots"]) for result in mine if result["unsound"])
        row = [kind.removeprefix("healthy "), judged, outcomes["silent"], listed(named), outcomes["unsound"], warned]
        rows.append(list(map(str, row)))
    heads = ["healthy runs", "runs", "silent", "warned of", "left out, as not healthy after all", "of these, warned"]
    return markdown(heads, rows)


def totals(results: Sequence[Result], repairs: Sequence[Result]) -> str:
    """What was asked for, in one line each."""
    planted = [verdict(result) for result in results if result["fault"] in FAULTS]
    healthy = [outcome for result in results if result["fault"] in HEALTHY if (outcome := verdict(result)) != "unsound"]
    mended = [repair["recovered"] for repair in repairs]
    return "\n".join(
        [
            f"- faults named rightly: {part(planted, 'right')}",
            f"- healthy runs given a warning: {part(healthy, 'false')}",
            f"- mended by what was suggested: {part(mended, True)}",
        ]
    )


def part(values: Sequence[object], wanted: object) -> str:
    """How many, of how many, as per cent."""
    count = sum(value == wanted for value in values)
    return f"{count} of {len(values)} ({count / max(1, len(values)):.1%})"


def listed(counts: Counter[str]) -> str:
    """Names with how often."""
    return ", ".join(f"`{name}` {count}" for name, count in counts.most_common()) or "–"


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
