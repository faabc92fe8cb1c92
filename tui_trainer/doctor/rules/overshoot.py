"""Steps that go too far."""

from tui_trainer.doctor.case import Case
from tui_trainer.doctor.finding import Finding, Rule, live, restart, rule
from tui_trainer.doctor.rules.measures import frozen, gets_nowhere, grown_by, lower_rate, nothing_to_learn
from tui_trainer.doctor.rules.numbers import cause_of, growth
from tui_trainer.doctor.rules.units import KILLED_PART

WATCHED = 8  # epochs in which jumps are counted
RISE = 1.03  # of the training loss, against its best
JUMP = 1.15  # of the validation loss, against the epoch before
JUMPS = 3  # epochs with one or the other
STILL_BETTER = 2  # epochs since the least validation loss: steps that find better places do not overshoot them
FITTED = 0.04  # training error below which the losses may do as they like
ENDS_BEFORE, ENDS_NOW = 0.25, 0.5  # share of a tanh's or sigmoid's outputs at their ends
OVERCONFIDENT, OVERGROWN = 8.0, 8.0  # validation loss, in validation errors; weights, in their first size
OVERCONFIDENT_EPOCHS = 3
KILLED_BEFORE = 0.2  # share of a layer's units
HEAVY_DROPOUT = 0.8  # turns units off by itself
THROWN = 3.0  # times as large as the initial weights


@rule(
    "learning-rate-too-high",
    "warning",
    "steps overshoot: the loss jumps up and down, or the first steps threw the weights away",
    (
        *("dead-hidden-units", "saturated-activations", "constant-prediction", "not-learning", "frozen-layer"),
        *(
            "not-finite",
            "exploding",
            "plateau",
            "underfitting",
            "overtraining",
            "vanishing-gradient",
            "learning-rate-too-low",
            "batch-too-large",
        ),
    ),
)
def learning_rate_too_high(case: Case) -> Finding | None:
    if nothing_to_learn(case):
        return None
    if case.not_finite is not None or growth(case):
        return _blown_up(case)
    if case.steady < 2 or not case.finite:
        return None
    return _killed_units(case) or _thrown(case) or _driven_to_the_ends(case) or _jumping(case) or _overconfident(case)


def _blown_up(case: Case) -> Finding | None:
    """Numbers that grew out of bounds, for want of another reason."""
    cause, why = cause_of(case)
    if cause != "learning rate":
        return None
    rate = lower_rate(case)
    return Finding(
        evidence={"blown_up": True, "learning_rate": case.learning_rate},
        why=why,
        cure=f"Begin again with learning rate {rate:g}.",
        request=restart(learning_rate=rate),
    )


def _killed_units(case: Case) -> Finding | None:
    """Hidden units that worked at the start, and that the steps have pushed to where they are always off."""
    if not case.hidden("relu") or case.setting("dropout") >= HEAVY_DROPOUT or not gets_nowhere(case):
        return None
    at_first = {layer["layer"]: layer.get("dead_count", 0) for layer in case.start or []}
    killed = [
        (layer, layer["dead_count"] / layer["units"])
        for layer in case.hidden("relu")
        if layer["units"] >= 8 and at_first.get(layer["layer"], layer["units"]) < KILLED_BEFORE * layer["units"]
    ]
    layer, share = max(killed, key=lambda found: found[1], default=({}, 0.0))
    if share < KILLED_PART:
        return None
    name, rate = layer["layer"], lower_rate(case)
    return Finding(
        evidence={"layer": name, "dead_share": round(share, 4), "learning_rate": case.learning_rate},
        why=f"Steps of {case.learning_rate:g} have pushed {share:.0%} of the units of {name} to where they are "
        "always off, and no gradient leads back.",
        cure=f"Begin again with learning rate {rate:g}.",
        request=restart(learning_rate=rate),
    )


def _jumping(case: Case) -> Finding | None:
    jumps = _jumps(case)
    if jumps < JUMPS or case.best[1] < STILL_BETTER or frozen(case):
        return None
    rate = lower_rate(case)
    return Finding(
        evidence={"jumps": jumps, "epochs": min(WATCHED, case.steady), "learning_rate": case.learning_rate},
        why=f"In {jumps} of the last {min(WATCHED, case.steady)} epochs the training loss rose above its best, or the "
        f"validation loss jumped: steps of {case.learning_rate:g} overshoot the valley.",
        cure=f"Lower the learning rate to {rate:g}.",
        request=live(learning_rate=rate),
    )


def _jumps(case: Case) -> int:
    """How many of the newest epochs were clearly worse than before, while there was still much to fit."""
    recent = slice(-case.steady, None)
    training, validation, errors = case.training_loss[recent], case.validation_loss[recent], case.training_error[recent]
    first, jumps = max(1, len(training) - WATCHED), 0
    least = min(training[:first])
    for i in range(first, len(training)):
        worse = training[i] > RISE * least or validation[i] > JUMP * validation[i - 1]
        jumps += errors[i] > FITTED and worse
        least = min(least, training[i])
    return jumps


def _overconfident(case: Case) -> Finding | None:
    """Weights so large that a wrong answer costs many times what an unsure one would."""
    error, loss = case.validation_error[-1], case.validation_loss[-1] - case.floor
    if case.steady < OVERCONFIDENT_EPOCHS or loss < OVERCONFIDENT * error or loss < 0.2:
        return None
    if (grown := grown_by(case)) < OVERGROWN:
        return None
    rate = lower_rate(case)
    return Finding(
        evidence={
            "loss_of_a_wrong_answer": round(loss / error, 2),
            "grown": round(grown, 2),
            "learning_rate": case.learning_rate,
        },
        why=f"Steps of {case.learning_rate:g} made the weights {grown:.3g} times as large as at first: a wrong answer "
        f"is given with certainty, and costs {loss / error:.3g} on average.",
        cure=f"Begin again with learning rate {rate:g}.",
        request=restart(learning_rate=rate),
    )


def _driven_to_the_ends(case: Case) -> Finding | None:
    """Sigmoids or tanhs that were in their middle, and that the steps have driven to their ends."""
    at_ends = [layer for layer in case.hidden("sigmoid", "tanh") if layer["saturated"] > ENDS_NOW]
    if not at_ends:
        return None
    before = {layer["layer"]: layer.get("saturated", 1.0) for layer in case.start or []}
    driven = [layer for layer in at_ends if before.get(layer["layer"], 1.0) < ENDS_BEFORE]
    if not driven:
        return None
    layer, rate = driven[0], lower_rate(case)
    return Finding(
        evidence={"layer": layer["layer"], "saturated": layer["saturated"], "learning_rate": case.learning_rate},
        why=f"Steps of {case.learning_rate:g} have driven {layer['saturated']:.0%} of {layer['layer']}'s outputs to "
        f"their ends, from {before[layer['layer']]:.0%} at the start; there, no gradient leads back.",
        cure=f"Begin again with learning rate {rate:g}.",
        request=restart(learning_rate=rate),
    )


def _thrown(case: Case) -> Finding | None:
    """Weights that are many times their first size, in a network that knows nothing."""
    if case.training_loss[-1] < 0.95 * case.entropy or (grown := grown_by(case)) < THROWN:
        return None
    rate = lower_rate(case)
    return Finding(
        evidence={
            "grown": round(grown, 2),
            "training_loss": case.training_loss[-1],
            "learning_rate": case.learning_rate,
        },
        why=f"Steps of {case.learning_rate:g} threw the weights to {grown:.3g} times their first size, to where the "
        "network answers the same to everything and has no gradient to come back by.",
        cure=f"Begin again with learning rate {rate:g}.",
        request=restart(learning_rate=rate),
    )


RULES: tuple[Rule, ...] = (learning_rate_too_high,)
