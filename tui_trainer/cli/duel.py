"""`tui-trainer duel`: the same config on two engines, side by side."""

from typing import Annotated, Any

from cyclopts import Parameter

from engines import engine_names
from tui_trainer.cli.console import fail, print_json, say
from tui_trainer.cli.flags import FlagsGiven, config_from
from tui_trainer.cli.train import FileFlag, JsonFlag, PresetFlag
from tui_trainer.config import RunConfig
from tui_trainer.duel import DuelError, Round
from tui_trainer.duel import duel as fight
from tui_trainer.settings import SettingError, closest

EnginesFlag = Annotated[str, Parameter(help="the two engines, e.g. scratch,pytorch")]


def duel(
    *,
    engines: EnginesFlag = "scratch,pytorch",
    preset: PresetFlag = None,
    config: FileFlag = None,
    json: JsonFlag = False,
    flags: FlagsGiven = None,
) -> int:
    """Train one config on two engines with the same weights, batches and dropout masks, and compare them each epoch."""
    settings, names = config_from(flags, preset, config), pair(engines)
    rounds: list[Round] = []
    try:
        for found in fight(settings, names):
            rounds.append(found)
            if not json:
                show(found, names)
    except DuelError as error:
        return fail(str(error), error.code)
    result = totals(rounds, names)
    if json:
        print_json({"config": settings.to_mapping(), **result, "rounds": [found.to_record() for found in rounds]})
    else:
        show_totals(result, settings)
    return 0


def pair(text: str) -> tuple[str, str]:
    """Two names of engines; `SettingError` where it is not two, or one of them is unknown."""
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in engine_names():
            known = engine_names()
            raise SettingError("engines", f"{name!r} is unknown: choose from {', '.join(known)}{closest(name, known)}")
    if len(names) != 2 or names[0] == names[1]:
        raise SettingError("engines", f"must be two different ones of {', '.join(engine_names())}")
    return names[0], names[1]


def show(found: Round, names: tuple[str, str]) -> None:
    """A line for each epoch, under a head."""
    if not found.epoch:
        same = "the same bits" if found.weights == 0 else f"different by {found.weights:.1e}"
        say(f"initial weights: {same}")
        heads = "  ".join(f"{name:>9} loss  val. error     s" for name in names)
        say(f"epoch  {heads}  |  weights     loss differ by")
        return
    columns = []
    for name in names:
        side = found.sides[name]
        columns.append(f"{side.training_loss:14.7g} {side.validation_error:11.2%} {side.seconds:5.2f}")
    say(f"{found.epoch:>5}  {'  '.join(columns)}  |  {found.weights:.1e}  {found.loss:.1e}")


def totals(rounds: list[Round], names: tuple[str, str]) -> dict[str, Any]:
    """The largest differences of all epochs, and what each engine cost; JSON values."""
    fought = [found for found in rounds if found.epoch]
    engines = {}
    for name in names:
        seconds = [found.sides[name].seconds for found in fought]
        engines[name] = {
            "seconds": sum(seconds),
            "seconds_per_epoch": sorted(seconds)[len(seconds) // 2] if seconds else None,
            "peak_memory": fought[-1].sides[name].memory if fought else None,
        }
    records = [found.to_record() for found in rounds]
    return {
        "engines": engines,
        "initial_weights": records[0]["weights"],
        "largest_weight_difference": max((r["weights"] for r in records if r["weights"] is not None), default=None),
        "largest_loss_difference": max((r["loss"] for r in records if r["loss"] is not None), default=None),
    }


def show_totals(result: dict[str, Any], config: RunConfig) -> None:
    """What came out, in a few lines."""
    say()
    for name, cost in result["engines"].items():
        memory = "" if cost["peak_memory"] is None else f", at most {cost['peak_memory'] / 2**20:.0f} MB"
        say(f"{name:<9} {cost['seconds']:.2f} s in all, {cost['seconds_per_epoch']:.3f} s an epoch (median){memory}")
    most = f"weights {result['largest_weight_difference']:.1e}, loss of a step {result['largest_loss_difference']:.1e}"
    say(f"over {config.epochs} epochs they differed by at most: {most}")
