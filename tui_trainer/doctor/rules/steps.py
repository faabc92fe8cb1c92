"""How far each step goes: too far, not far enough, or nowhere."""

import itertools
import math
from statistics import fmean, pstdev

from tui_trainer.doctor.case import Case, weights
from tui_trainer.doctor.finding import Finding, Rule, live, restart, rule

USUAL_RATE = {
    "sgd": 0.1,
    "momentum": 0.02,
    "nesterov": 0.02,
    "adagrad": 0.02,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
}
USUAL_BATCH = 32
LARGE_BATCH = 512
SWING = 0.12  # deviation of an epoch's losses about their trend, as a share of their mean
NOT_LEARNING_EPOCHS = 3
NEAR_CHANCE = 0.98  # of the loss of the best constant prediction
SLOW_ERROR = 0.25
SLOW_CHANGE = 0.05  # how far weights move in an epoch, as a share of their size


def entropy(case: Case) -> float:
    """The loss of the best constant prediction: ln of the number of classes, less where they are unequal."""
    counts = case.data["classes"]["training"] if case.data else [1] * case.classes
    total = sum(counts)
    return -sum(count / total * math.log(count / total) for count in counts if count)


def swing(losses: tuple[float, ...]) -> float:
    """Deviation of losses from the straight line through them, as a share of their mean."""
    n = len(losses)
    mean, middle = fmean(losses), (n - 1) / 2
    slope = sum((i - middle) * (loss - mean) for i, loss in enumerate(losses)) / sum(
        (i - middle) ** 2 for i in range(n)
    )
    return pstdev(loss - slope * (i - middle) for i, loss in enumerate(losses)) / mean if mean > 0 else 0.0


def change(case: Case) -> float:
    """How far the weights of the layer that moved most came in the newest epoch, as a share of their size."""
    return max((weight.get("change", 0.0) for _, weight in weights(case.layers)), default=math.nan)


@rule(
    "learning-rate-too-high",
    "warning",
    "steps overshoot: the loss jumps up and down instead of falling",
    (
        "dead-hidden-units",
        "dead-output-units",
        "saturated-activations",
        "constant-prediction",
        "not-learning",
        "plateau",
        "underfitting",
        "frozen-layer",
    ),
)
def learning_rate_too_high(case: Case) -> Finding | None:
    if case.steady < 2 or not case.finite or len(case.slices) < 2:
        return None
    newest = case.slices[-1]
    if len(newest) < 5 or not all(map(math.isfinite, newest)):
        return None
    swings = swing(newest)
    if swings < SWING:
        return None
    rate = case.learning_rate / 10
    return Finding(
        evidence={"swing": round(swings, 4), "learning_rate": case.learning_rate, "change": change(case)},
        why=f"Within an epoch the loss swings by {swings:.0%} of its size: each step overshoots the valley.",
        cure=f"Lower the learning rate to {rate:g}.",
        request=live(learning_rate=rate),
    )


def slow(case: Case) -> bool:
    """Whether the loss falls steadily, but hardly."""
    losses = case.training_loss
    if case.steady < 3 or not case.finite or len(losses) < 3 or case.training_error[-1] < SLOW_ERROR:
        return False
    falls = [a - b for a, b in itertools.pairwise(losses[-4:])]
    return all(fall > -1e-3 * losses[-1] for fall in falls) and change(case) < SLOW_CHANGE


@rule(
    "batch-too-large",
    "warning",
    "so few and small steps in an epoch that learning crawls",
    ("not-learning", "constant-prediction", "underfitting", "plateau", "learning-rate-too-low"),
)
def batch_too_large(case: Case) -> Finding | None:
    size = case.setting("batch_size")
    if not slow(case) or size < LARGE_BATCH or case.learning_rate * 32 < USUAL_RATE[case.config.optimizer]:
        return None
    return Finding(
        evidence={"batch_size": size, "steps_per_epoch": case.steps_per_epoch, "change": change(case)},
        why=f"{case.steps_per_epoch} steps an epoch of learning rate {case.learning_rate:g} move the weights by "
        f"{change(case):.1%}: the batch is too large for that rate.",
        cure=f"Use batches of {USUAL_BATCH}, or a learning rate in proportion to the batch.",
        request=restart(batch_size=USUAL_BATCH),
    )


@rule(
    "learning-rate-too-low",
    "warning",
    "the loss falls steadily but hardly, as the steps are too small",
    ("not-learning", "constant-prediction", "underfitting", "plateau"),
)
def learning_rate_too_low(case: Case) -> Finding | None:
    if not slow(case):
        return None
    usual = USUAL_RATE[case.config.optimizer]
    rate = max(usual, 10 * case.learning_rate) if case.learning_rate < usual else 10 * case.learning_rate
    return Finding(
        evidence={"change": change(case), "learning_rate": case.learning_rate, "error": case.training_error[-1]},
        why=f"An epoch moves the weights by {change(case):.2%} of their size, and {case.training_error[-1]:.0%} of the "
        "training examples are still wrong.",
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
    losses = case.training_loss[-NOT_LEARNING_EPOCHS:]
    floor = NEAR_CHANCE * entropy(case)
    if (
        case.config.loss != "cross-entropy"
        or len(losses) < NOT_LEARNING_EPOCHS
        or not all(loss > floor for loss in losses)
    ):
        return None
    decay = case.setting("weight_decay")
    if decay:
        why = f"Weight decay {decay:g} pulls the weights to zero faster than the examples can push them."
        return Finding(
            {"loss": losses[-1], "of_knowing_nothing": entropy(case), "weight_decay": decay},
            why,
            "Switch weight decay off.",
            live(weight_decay=0.0),
        )
    return Finding(
        evidence={"loss": losses[-1], "of_knowing_nothing": round(entropy(case), 4)},
        why=f"For {len(losses)} epochs the loss is the {entropy(case):.4g} of always answering with the classes' shares: "
        "nothing of the inputs reaches the outputs.",
        cure="Look at the inputs and labels, then begin again with weights that suit the layers (init he).",
        request=restart(init="he"),
    )


@rule("constant-prediction", "warning", "the network names one class whatever it sees")
def constant_prediction(case: Case) -> Finding | None:
    predicted = case.output.get("predicted")
    if case.epoch < 2 or not predicted or not case.finite:
        return None
    counts = case.data["classes"]["validation"] if case.data else [1]
    shares = max(counts) / sum(counts)
    if max(predicted) < 0.98 * sum(predicted) or case.validation_error[-1] < 1 - shares - 0.01:
        return None
    named = predicted.index(max(predicted))
    return Finding(
        evidence={
            "predicted_class": named,
            "share": max(predicted) / sum(predicted),
            "constant_accuracy": round(shares, 4),
        },
        why=f"It answers {named} to nearly every example; that alone makes {1 - case.validation_error[-1]:.1%} accuracy.",
        cure="Mend what keeps it from learning; compare accuracy with that of the commonest class.",
    )


RULES: tuple[Rule, ...] = (
    learning_rate_too_high,
    batch_too_large,
    learning_rate_too_low,
    not_learning,
    constant_prediction,
)
