"""How far each step goes: too far, not far enough, or nowhere."""

import itertools
import math
from collections.abc import Callable

from tui_trainer.doctor.case import Case, Layers, weights
from tui_trainer.doctor.finding import Finding, Rule, live, restart, rule

USUAL_RATE = {"sgd": 0.1, "rmsprop": 0.001, "adam": 0.001, "adamw": 0.001}  # does well on small networks
USUAL_RATE |= dict.fromkeys(("momentum", "nesterov", "adagrad"), 0.02)
USUAL_BATCH = 32
LARGE_BATCH = 512
WATCHED = 8  # epochs in which jumps are counted
RISE = 1.03  # of the training loss, against its best
JUMP = 1.15  # of the validation loss, against the epoch before
JUMPS = 2  # rises and jumps together
FITTED = 0.04  # training error below which the losses may do as they like
ENDS_BEFORE, ENDS_NOW = 0.25, 0.5  # share of a tanh's or sigmoid's outputs at their ends
THROWN = 3.0  # times as large as the initial weights
HARDLY = 0.12  # share by which a loss falls in an epoch at most, when it hardly falls
SLOW_ERROR, SLOW_ERROR_OF_LARGE_BATCH = 0.2, 0.15
SLOW_CHANGE = 0.05  # how far weights move in an epoch, as a share of their size
STRONG_DECAY = 0.01
DECAYED = 0.05  # of the greatest learning rate of the run
NOT_LEARNING_EPOCHS = 3
NEAR_CHANCE = 0.98  # of the loss of the best constant prediction
ONE_CLASS = 0.98  # share of the predictions


def entropy(case: Case) -> float:
    """The loss of the best constant prediction: ln of the number of classes, less where they are unequal."""
    counts = case.data["classes"]["training"] if case.data else [1] * case.classes
    total = sum(counts)
    return -sum(count / total * math.log(count / total) for count in counts if count)


def change(case: Case) -> float:
    """How far the weights of the layer that moved most came in the newest epoch, as a share of their size."""
    return max((weight.get("change", 0.0) for _, weight in weights(case.layers)), default=math.nan)


def rate_decayed(case: Case) -> bool:
    """Whether the schedule has brought the learning rate down to hardly anything."""
    return case.learning_rate < DECAYED * max(case.rates, default=0.0)


def pulled_to_zero(case: Case) -> bool:
    """Whether weight decay has taken the weights away."""
    norms = [(now.get("norm", 0.0), then.get("norm", 0.0)) for now, then in _pairs(case.layers, case.start or [])]
    return case.setting("weight_decay") > 0 and bool(norms) and all(now < 0.3 * then for now, then in norms)


def frozen(case: Case) -> list[str]:
    """Layers whose weights did not move at all in the newest epoch, while those of another layer did."""
    changes = {name: weight.get("change") for name, weight in weights(case.layers)}
    still = [name for name, moved in changes.items() if moved == 0]
    return still if 0 < len(still) < len(changes) else []


def nothing_to_learn(case: Case) -> bool:
    """Whether units are idle for a reason outside: all inputs alike, or weights that decay took away."""
    seen = case.data.get("inputs")
    return pulled_to_zero(case) or (seen is not None and seen["deviation"] == 0)


def _pairs(now: Layers, then: Layers) -> list[tuple[dict, dict]]:
    return [(a, b) for (_, a), (_, b) in zip(weights(now), weights(then), strict=False)]


@rule(
    "learning-rate-too-high",
    "warning",
    "steps overshoot: the loss jumps up and down, or the first steps threw the weights away",
    (
        *("dead-hidden-units", "saturated-activations", "constant-prediction", "not-learning", "frozen-layer"),
        *("plateau", "underfitting", "overtraining", "vanishing-gradient", "learning-rate-too-low", "batch-too-large"),
    ),
)
def learning_rate_too_high(case: Case) -> Finding | None:
    if case.steady < 2 or not case.finite or pulled_to_zero(case):
        return None
    return _jumping(case) or _thrown(case) or _driven_to_the_ends(case)


def _jumping(case: Case) -> Finding | None:
    training = _clear(case.training_loss, case, lambda losses, i: losses[i] > RISE * min(losses[:i]))
    validation = _clear(case.validation_loss, case, lambda losses, i: losses[i] > JUMP * losses[i - 1])
    if training + validation < JUMPS or case.steady <= JUMPS or frozen(case):
        return None
    rate = float(f"{case.learning_rate / 10:.3g}")
    return Finding(
        evidence={"training_rises": training, "validation_jumps": validation, "learning_rate": case.learning_rate},
        why=f"In the last {min(WATCHED, case.steady)} epochs the training loss rose above its best {training} times, "
        f"and the validation loss jumped {validation} times: steps of {case.learning_rate:g} overshoot the valley.",
        cure=f"Lower the learning rate to {rate:g}.",
        request=live(learning_rate=rate),
    )


def _clear(losses: tuple[float, ...], case: Case, worse: Callable[[tuple[float, ...], int], bool]) -> int:
    """How many of the newest epochs were clearly worse than before, while there was still much to fit."""
    losses, errors = losses[-case.steady :], case.training_error[-case.steady :]
    first = max(1, len(losses) - WATCHED)
    return sum(errors[i] > FITTED and worse(losses, i) for i in range(first, len(losses)))


def _driven_to_the_ends(case: Case) -> Finding | None:
    """Sigmoids or tanhs that were in their middle, and that the steps have driven to their ends."""
    before = {layer["layer"]: layer.get("saturated", 1.0) for layer in case.start or []}
    driven = [
        layer
        for layer in case.hidden("sigmoid", "tanh")
        if layer["saturated"] > ENDS_NOW and before.get(layer["layer"], 1.0) < ENDS_BEFORE
    ]
    if not driven:
        return None
    layer, rate = driven[0], float(f"{case.learning_rate / 10:.3g}")
    return Finding(
        evidence={"layer": layer["layer"], "saturated": layer["saturated"], "learning_rate": case.learning_rate},
        why=f"Steps of {case.learning_rate:g} have driven {layer['saturated']:.0%} of {layer['layer']}'s outputs to "
        f"their ends, from {before[layer['layer']]:.0%} at the start; there, no gradient leads back.",
        cure=f"Begin again with learning rate {rate:g}.",
        request=restart(learning_rate=rate),
    )


def _thrown(case: Case) -> Finding | None:
    """Weights that are many times their first size, in a network that knows nothing."""
    sizes = [(now.get("norm", 0.0), then.get("norm", 0.0)) for now, then in _pairs(case.layers, case.start or [])]
    grown = max((now / then for now, then in sizes if then), default=0.0)
    if grown < THROWN or case.training_loss[-1] < 0.95 * entropy(case):
        return None
    rate = float(f"{case.learning_rate / 10:.3g}")
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


def hardly_falls(case: Case) -> bool:
    """Whether the training loss falls steadily, but little, in each of the last three epochs."""
    losses = case.training_loss[-case.steady :][-4:] if case.steady else ()
    if (
        len(losses) < 4
        or not case.finite
        or case.setting("weight_decay") >= STRONG_DECAY
        or rate_decayed(case)
        or nothing_to_learn(case)
    ):
        return False
    if nothing_to_learn(case) or frozen(case):
        return False
    return all(-1e-3 < 1 - after / before < HARDLY for before, after in itertools.pairwise(losses))


@rule(
    "batch-too-large",
    "warning",
    "so few and small steps in an epoch that learning crawls",
    ("not-learning", "constant-prediction", "underfitting", "plateau", "learning-rate-too-low"),
)
def batch_too_large(case: Case) -> Finding | None:
    size, rate = case.config.batch_size, case.learning_rate
    usual = USUAL_RATE[case.config.optimizer]
    if size < LARGE_BATCH or rate < usual / 20 or rate * USUAL_BATCH > usual * size:
        return None  # a rate that is small for any batch, or that was raised with the batch
    if not hardly_falls(case) or case.training_error[-1] < SLOW_ERROR_OF_LARGE_BATCH:
        return None
    return Finding(
        evidence={"batch_size": size, "steps_per_epoch": case.steps_per_epoch, "change": change(case)},
        why=f"An epoch is {case.steps_per_epoch} steps of learning rate {rate:g}, which move the weights by "
        f"{change(case):.1%}: with a batch of {size:,}, there are too few of them.",
        cure=f"Use batches of {USUAL_BATCH}, or a learning rate that grows with the batch.",
        request=restart(batch_size=USUAL_BATCH),
    )


@rule(
    "learning-rate-too-low",
    "warning",
    "the loss falls steadily but hardly, as the steps are too small",
    ("not-learning", "constant-prediction", "underfitting", "plateau", "frozen-layer"),
)
def learning_rate_too_low(case: Case) -> Finding | None:
    if not hardly_falls(case) or case.training_error[-1] < SLOW_ERROR or not 0 < change(case) < SLOW_CHANGE:
        return None
    rate = float(f"{max(USUAL_RATE[case.config.optimizer], 10 * case.learning_rate):.3g}")
    return Finding(
        evidence={"change": change(case), "learning_rate": case.learning_rate, "error": case.training_error[-1]},
        why=f"An epoch moves the weights by {change(case):.2%} of their size, while {case.training_error[-1]:.0%} of "
        "the training examples are still wrong.",
        cure=f"Raise the learning rate to {rate:g}.",
        request=live(learning_rate=rate),
    )


@rule(
    "not-learning",
    "error",
    "the loss stays where a network that knows nothing has it",
    ("constant-prediction", "plateau", "underfitting"),
)
def not_learning(case: Case) -> Finding | None:
    losses, known = case.training_loss[-NOT_LEARNING_EPOCHS:], entropy(case)
    if case.config.loss != "cross-entropy" or case.steady < NOT_LEARNING_EPOCHS or len(losses) < NOT_LEARNING_EPOCHS:
        return None
    if rate_decayed(case) or not all(loss > NEAR_CHANCE * known for loss in losses):
        return None
    why, cure, request = _reason(case)
    return Finding(
        evidence={"loss": losses[-1], "of_knowing_nothing": round(known, 4), "epochs": len(losses)},
        why=f"For {len(losses)} epochs the loss is no better than the {known:.4g} of always answering with the "
        f"classes' shares. {why}",
        cure=cure,
        request=request,
    )


def _reason(case: Case) -> tuple[str, str, dict | None]:
    seen = case.data.get("inputs")
    if seen and seen["deviation"] == 0:
        return "All inputs are the same.", "Look at the data files: every pixel of every example is equal.", None
    if pulled_to_zero(case):
        decay = case.setting("weight_decay")
        why = f"Weight decay {decay:g} pulls the weights to zero faster than the examples push them."
        return why, "Switch the weight decay off.", live(weight_decay=0.0)
    init = "glorot" if any(layer["kind"] in ("sigmoid", "tanh") for layer in case.layers) else "he"
    why = "Nothing of the inputs reaches the outputs."
    return why, f"Begin again with weights that suit the layers (init {init}).", restart(init=init)


@rule("constant-prediction", "warning", "the network names one class whatever it sees")
def constant_prediction(case: Case) -> Finding | None:
    predicted = case.output.get("predicted")
    if case.epoch < 2 or not predicted or not case.finite:
        return None
    counts = case.data["classes"]["validation"] if case.data else [1] * case.classes
    share, accuracy = max(counts) / sum(counts), 1 - case.validation_error[-1]
    if max(predicted) < ONE_CLASS * sum(predicted) or accuracy > share + 0.01:
        return None
    named = predicted.index(max(predicted))
    return Finding(
        evidence={
            "class": str(named),
            "predicted": max(predicted) / sum(predicted),
            "constant_accuracy": round(share, 4),
        },
        why=f"It answers {named} to nearly every example, and its {accuracy:.1%} accuracy is what that alone makes.",
        cure="Mend what keeps it from learning; hold accuracy against the share of the commonest class.",
    )


RULES: tuple[Rule, ...] = (
    learning_rate_too_high,
    batch_too_large,
    learning_rate_too_low,
    not_learning,
    constant_prediction,
)
