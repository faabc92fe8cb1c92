"""Units that no longer take part."""

from tui_trainer.doctor.case import Case, Layers, weights
from tui_trainer.doctor.finding import Finding, Rule, restart, rule
from tui_trainer.doctor.rules.measures import gets_nowhere, lower_rate, nothing_to_learn, rate_decayed, suitable_init

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
OFF_FOR = 4  # inspections in which a unit must be off whose weights move by themselves
COASTING, COASTS_FOR = ("momentum", "nesterov", "adam", "adamw"), 150  # steps until 0.9ⁿ is lost beside a float32
DEAD_PART, DEAD_LEAST = 0.5, 4  # share of a layer's units, and how many at least
KILLED_PART = 0.6  # the same of units that were not dead at the start: many networks do without half of them
SATURATED_PART = 0.5  # share of a layer's outputs
VANISHED, VANISHED_AND_STUCK = 1e-3, 1e-2  # gradient of the first against the last layer, each against its weights


@rule(
    "dead-output-units",
    "error",
    "classes that the network can never predict again, as their output stands behind a ReLU that is always off",
    explains=DEAD_FROM_A_DEAD_OUTPUT,
)
def dead_output_units(case: Case) -> Finding | None:
    dead, lost = dead_outputs(case), lost_outputs(case)
    classes = sorted(dead | lost)
    if not classes:
        return None
    counts = case.data.get("classes", {}).get("validation") or [1] * case.classes
    missed = [unit for unit in classes if unit > 0]  # all outputs 0 means that class 0, the first, is predicted
    ceiling = 1 - sum(counts[unit] for unit in missed) / sum(counts)
    examples = "training example of its own" if lost - dead else "example"
    ceiling_words = f"accuracy cannot pass {ceiling:.1%}"
    if not _for_good(case):
        ceiling_words = f"unless one comes to, accuracy stays below {ceiling:.1%}"
    return Finding(
        evidence={"classes": classes, "accuracy_ceiling": round(ceiling, 4), "layer": case.output["layer"]},
        why=f"No {examples} makes the output of class {', '.join(map(str, classes))} positive, and the ReLU after it "
        f"passes a gradient back only then: {ceiling_words}.",
        cure="Train without the ReLU on the logits (network softmax).",
        request=restart(network="softmax"),
        severity=None if missed else "note",
    )


def dead_outputs(case: Case) -> set[int]:
    """Output units behind a ReLU that stay off: without any gradient, their weights stand still to the last bit.

    Where these move all the same, by weight decay or for want of steps by momentum, or where dropout may let an example
    through now and then, it takes more inspections.
    """
    if case.output.get("kind") != "relu" or len(case.inspections) < 2 or not case.output.get("dead"):
        return set()
    off = [set(inspection[-1].get("dead", ())) for inspection in case.inspections]
    still = [set(_feeding(inspection).get("still", ())) for inspection in case.inspections]
    if _dropout_before_outputs(case):
        return set.intersection(*off[-OFF_FOR:], *still[-OFF_FOR:]) if len(off) >= OFF_FOR else set()
    coasting = case.config.optimizer in COASTING and (OFF_FOR - 1) * case.steps_per_epoch < COASTS_FOR
    moves_by_itself = coasting or case.setting("weight_decay") > 0
    longer = set.intersection(*off[-OFF_FOR:]) if moves_by_itself and len(off) >= OFF_FOR else set()
    return (off[-1] & off[-2] & still[-1]) | longer


def _feeding(inspection: Layers) -> dict:
    """The weights of the layer that feeds the outputs."""
    return weights(inspection)[-1][1]


def lost_outputs(case: Case) -> set[int]:
    """Classes of which no training example lifts its own output: others can only push that down."""
    return {int(name) for name, count in case.lifted.items() if not count} & set(case.output.get("unlifted", ()))


def may_come_back(case: Case) -> bool:
    """Whether a class is off that is not known to be lost: when it comes, as some do late, much changes at once."""
    off = set(case.output.get("unlifted", ()))
    return bool(off and off - dead_outputs(case) - lost_outputs(case))


def _for_good(case: Case) -> bool:
    """Whether nothing can bring a dead or lost output back: it sees the same inputs always, none of them negative."""
    seen = case.data.get("inputs")
    return not _dropout_before_outputs(case) and len(weights(case.layers)) == 1 and bool(seen) and seen["min"] >= 0


def _dropout_before_outputs(case: Case) -> bool:
    """Whether dropout changes what the outputs see, from step to step."""
    placed = case.setting("dropout") > 0 and case.config.dropout_at in ("input", "hidden")
    return placed or any(layer.kind == "dropout" for layer in case.config.layers)


@rule(
    "dead-hidden-units",
    "warning",
    "most units of a hidden layer are off for every example",
    (*NOTHING_FLOWS, "vanishing-gradient", "batch-too-large"),
)
def dead_hidden_units(case: Case) -> Finding | None:
    most = [
        layer
        for layer in case.hidden("relu")
        if layer["dead_count"] >= max(DEAD_LEAST, DEAD_PART * layer["units"]) and not nothing_to_learn(case)
    ]
    if not most:
        return None
    layer, rate, init = most[0], lower_rate(case), suitable_init(case)
    dead, units = layer["dead_count"], layer["units"]
    at_first = {found["layer"]: found.get("dead_count", 0) for found in case.start or []}
    born_dead = at_first.get(layer["layer"], 0) >= DEAD_PART * units
    if not born_dead and (dead < KILLED_PART * units or not gets_nowhere(case)):
        return None
    return Finding(
        evidence={"layer": layer["layer"], "dead": dead, "units": units, "share": round(dead / units, 4)},
        why=f"{dead} of the {units} units of {layer['layer']} are off for every example, and a ReLU that is always off "
        "gets no gradient by which it could come back.",
        cure=f"Begin again with other initial weights (init {init})."
        if born_dead
        else f"Begin again with learning rate {rate:g}.",
        request=restart(init=init) if born_dead else restart(learning_rate=rate),
    )


@rule(
    "saturated-activations",
    "warning",
    "most outputs of a sigmoid or tanh are at their ends, where the gradient is zero",
    (*NOTHING_FLOWS, "vanishing-gradient"),
)
def saturated_activations(case: Case) -> Finding | None:
    most = [layer for layer in case.hidden("sigmoid", "tanh") if layer["saturated"] >= SATURATED_PART]
    if not most or nothing_to_learn(case):
        return None
    layer, init = most[0], suitable_init(case)
    return Finding(
        evidence={"layer": layer["layer"], "saturated": layer["saturated"]},
        why=f"{layer['saturated']:.0%} of the outputs of {layer['layer']} are at their ends, where the slope is zero: "
        "the layers before it get hardly any gradient.",
        cure=f"Begin again with smaller weights (init {init}).",
        request=restart(init=init),
    )


@rule(
    "vanishing-gradient",
    "warning",
    "hardly any gradient reaches the first layers",
    (*NOTHING_FLOWS, "batch-too-large"),
)
def vanishing_gradient(case: Case) -> Finding | None:
    found = weights(case.layers)
    if len(found) < 3 or case.epoch < 1 or nothing_to_learn(case):
        return None
    if not all("norm" in weight and "norm" in weight["gradient"] for _, weight in found):
        return None
    first, last = (weight["gradient"]["norm"] / max(weight["norm"], 1e-30) for _, weight in (found[0], found[-1]))
    stuck = case.finite and min(case.training_loss[-2:]) > 0.98 * case.entropy
    if not 0 < first <= (VANISHED_AND_STUCK if stuck else VANISHED) * last:
        return None
    deep, init = any(layer["kind"] == "sigmoid" for layer in case.layers), suitable_init(case)
    return Finding(
        evidence={"first": first, "last": last, "ratio": float(f"{first / last:.3g}")},
        why=f"Against its weights, the gradient of {found[0][0]} is {first / last:.2g} of that of {found[-1][0]}: each "
        "layer on the way back takes its share, and the first ones stay as they were.",
        cure="Use ReLU, and fewer layers." if deep else f"Begin again with weights that suit the layers (init {init}).",
        request=restart(network="mlp", hidden=[128], init="he") if deep else restart(init=init),
    )


@rule("frozen-layer", "warning", "weights that do not change at all", ("plateau", "underfitting"))
def frozen_layer(case: Case) -> Finding | None:
    still = [name for name, weight in weights(case.layers) if weight.get("change") == 0]
    if not still or case.epoch < 1 or rate_decayed(case) or nothing_to_learn(case):
        return None
    return Finding(
        evidence={"layers": still},
        why=f"The weights of {', '.join(still)} did not move at all in an epoch: no gradient reaches them, or nobody "
        "updates them.",
        cure="See that the layer is connected, and that the optimizer has its parameters.",
    )


RULES: tuple[Rule, ...] = (
    dead_output_units,
    dead_hidden_units,
    saturated_activations,
    vanishing_gradient,
    frozen_layer,
)
