"""Units that no longer take part."""

from tui_trainer.doctor.case import Case, weights
from tui_trainer.doctor.finding import Finding, Rule, restart, rule
from tui_trainer.doctor.rules.steps import pulled_to_zero, rate_decayed

DEAD_FROM_A_DEAD_OUTPUT = (
    *("plateau", "underfitting", "not-learning", "constant-prediction", "frozen-layer", "vanishing-gradient"),
    *("learning-rate-too-low", "batch-too-large"),
)
NOTHING_FLOWS = (
    "plateau",
    "underfitting",
    "not-learning",
    "constant-prediction",
    "frozen-layer",
    "learning-rate-too-low",
)
OFF_FOR = 4  # inspections
DEAD_PART = 0.5
SATURATED_PART = 0.5
VANISHED = 1e-3  # gradient of the first against the last layer, each against its weights


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
    """Output units behind a ReLU that stay off: without any gradient, their weights stand still to the last bit.

    Adam's momentum moves them for some hundred steps yet, and weight decay for ever: then they must be off for longer.
    """
    if case.output.get("kind") != "relu" or len(case.inspections) < 2:
        return []
    off = [set(inspection[-1]["dead"]) if "dead" in inspection[-1] else set() for inspection in case.inspections]
    feeding = [layer for layer in case.layers if "parameters" in layer][-1]
    still = set(feeding["parameters"]["weight"].get("still", ()))
    longer = set.intersection(*off[-OFF_FOR:]) if len(off) >= OFF_FOR else set()
    return sorted((off[-1] & off[-2] & still) | longer)


def nothing_to_learn(case: Case) -> bool:
    """Whether units are idle for a reason outside: all inputs alike, or weights that decay took away."""
    seen = case.data.get("inputs")
    return pulled_to_zero(case) or (seen is not None and seen["deviation"] == 0)


@rule(
    "dead-hidden-units",
    "warning",
    "most units of a hidden layer are off for every example",
    (*NOTHING_FLOWS, "vanishing-gradient", "batch-too-large"),
)
def dead_hidden_units(case: Case) -> Finding | None:
    if nothing_to_learn(case):
        return None
    for layer in case.hidden("relu"):
        part = layer["dead_count"] / layer["units"]
        if part >= DEAD_PART:
            return Finding(
                evidence={"layer": layer["layer"], "dead": layer["dead_count"], "units": layer["units"]},
                why=f"{layer['dead_count']} of {layer['units']} units of {layer['layer']} are off for every example, and a ReLU "
                "that is always off gets no gradient.",
                cure="Begin again with a smaller learning rate.",
                request=restart(learning_rate=case.config.learning_rate / 10),
            )
    return None


@rule(
    "saturated-activations",
    "warning",
    "most outputs of a sigmoid or tanh are at their ends, where the gradient is zero",
    ("vanishing-gradient", "plateau", "underfitting", "not-learning", "constant-prediction", "frozen-layer"),
)
def saturated_activations(case: Case) -> Finding | None:
    for layer in case.hidden("sigmoid", "tanh"):
        if layer["saturated"] >= SATURATED_PART:
            return Finding(
                evidence={"layer": layer["layer"], "saturated": layer["saturated"]},
                why=f"{layer['saturated']:.0%} of the outputs of {layer['layer']} are at their ends, where the slope is zero.",
                cure="Begin again with smaller weights (init glorot).",
                request=restart(init="glorot"),
            )
    return None


@rule(
    "vanishing-gradient",
    "warning",
    "hardly any gradient reaches the first layers",
    (
        "plateau",
        "underfitting",
        "not-learning",
        "constant-prediction",
        "learning-rate-too-low",
        "batch-too-large",
        "frozen-layer",
    ),
)
def vanishing_gradient(case: Case) -> Finding | None:
    found = weights(case.layers)
    if (
        len(found) < 3
        or case.epoch < 1
        or nothing_to_learn(case)
        or not all("norm" in w and "norm" in w["gradient"] for _, w in found)
    ):
        return None
    first, last = (w["gradient"]["norm"] / max(w["norm"], 1e-30) for w in (found[0][1], found[-1][1]))
    if last == 0 or first == 0 or first > VANISHED * last:
        return None
    return Finding(
        evidence={"first": first, "last": last, "ratio": float(f"{first / last:.3g}")},
        why=f"The gradient of {found[0][0]}, against its weights, is {first / last:.2g} of that of {found[-1][0]}.",
        cure="Begin again with weights that suit the layers (init he).",
        request=restart(init="he"),
    )


@rule("frozen-layer", "warning", "weights that do not change at all", ("plateau", "underfitting"))
def frozen_layer(case: Case) -> Finding | None:
    if rate_decayed(case) or nothing_to_learn(case) or not case.inspections or case.epoch < 1:
        return None
    frozen = [name for name, w in weights(case.layers) if w.get("change") == 0]
    if not frozen:
        return None
    return Finding(
        evidence={"layers": frozen},
        why=f"The weights of {', '.join(frozen)} did not move at all in an epoch: no gradient reaches them, or nobody updates them.",
        cure="See that the layer is connected and that the optimizer has its parameters.",
    )


RULES: tuple[Rule, ...] = (
    dead_output_units,
    dead_hidden_units,
    saturated_activations,
    vanishing_gradient,
    frozen_layer,
)
