"""Units that no longer take part."""

from tui_trainer.doctor.case import Case
from tui_trainer.doctor.finding import Finding, Rule, restart, rule

DEAD_FROM_A_DEAD_OUTPUT = ("plateau", "underfitting", "not-learning", "constant-prediction", "frozen-layer")


@rule(
    "dead-output-units",
    "error",
    "classes that the network can never predict again, as their output stands behind a ReLU that is always off",
    explains=DEAD_FROM_A_DEAD_OUTPUT,
)
def dead_output_units(case: Case) -> Finding | None:
    dead = lasting_dead(case)
    if not dead:
        return None
    counts = case.data.get("classes", {}).get("validation") or [1] * case.classes
    lost = [unit for unit in dead if unit > 0]  # all outputs 0 means that class 0, the first, is predicted
    ceiling = 1 - sum(counts[unit] for unit in lost) / sum(counts)
    names = ", ".join(map(str, dead))
    return Finding(
        evidence={"classes": dead, "accuracy_ceiling": round(ceiling, 4), "layer": case.output["layer"]},
        why=f"No example makes the output of class {names} positive, and the ReLU after it passes no gradient back: "
        f"accuracy cannot pass {ceiling:.1%}.",
        cure="Train without the ReLU on the logits (network softmax).",
        request=restart(network="softmax"),
    )


def lasting_dead(case: Case) -> list[int]:
    """Output units behind a ReLU that were off in two inspections, and whose weights stood still between them."""
    if case.output.get("kind") != "relu" or len(case.inspections) < 2:
        return []
    before, now = case.inspections[-2][-1], case.output
    dead = set(now["dead"]) & set(before.get("dead", ()))
    if not case.setting("weight_decay"):  # a unit without any gradient keeps its weights to the last bit
        feeding = [layer for layer in case.layers if "parameters" in layer][-1]
        dead &= set(feeding["parameters"]["weight"]["still"])
    return sorted(dead)


RULES: tuple[Rule, ...] = (dead_output_units,)
