"""Steps that do not go far enough, or nowhere."""

import math

from tui_trainer.doctor.case import Case
from tui_trainer.doctor.finding import Finding, Rule, live, restart, rule
from tui_trainer.doctor.rules.measures import (
    STRONG_DECAY,
    USUAL_RATE,
    change,
    frozen,
    gains,
    nothing_to_learn,
    pulled_to_zero,
    raised_rate,
    rate_decayed,
    suitable_init,
)
from tui_trainer.doctor.rules.units import may_come_back

USUAL_BATCH = 32
LARGE_BATCH = 512
HARDLY = 0.12  # share by which a loss falls in an epoch at most, when it hardly falls
SLOW_ERROR, SLOW_ERROR_OF_LARGE_BATCH = 0.2, 0.15
SLOW_CHANGE, CREEPING = 0.05, 0.01  # how far weights move in an epoch, as a share of their size
SUITED = ("he", "glorot", "pytorch")  # initial values that let signals through
LEARNED = 0.6  # of the error of the best constant prediction: below it something is learned, whatever the loss
NOT_LEARNING_EPOCHS = 3
NEAR_CHANCE, NEAR_CHANCE_OF_DECAYED = 0.98, 0.9  # of the loss of the best constant prediction
ONE_CLASS = 0.98  # share of the predictions


def hardly_falls(case: Case) -> bool:
    """Whether the training loss falls steadily, but little, in each of the last three epochs."""
    if min(case.steady, len(case.training_loss)) < 4 or not case.finite:
        return False
    if case.setting("weight_decay") >= STRONG_DECAY or not all(-0.001 < gain < HARDLY for gain in gains(case, 3)):
        return False
    waits = may_come_back(case) and change(case) > CREEPING
    return not (waits or rate_decayed(case) or nothing_to_learn(case) or frozen(case))


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
    moved = change(case)
    known = not math.isnan(moved)  # without inspections it is not
    return Finding(
        evidence={"batch_size": size, "steps_per_epoch": case.steps_per_epoch} | ({"change": moved} if known else {}),
        why=f"An epoch is {case.steps_per_epoch} steps of learning rate {rate:g}"
        + (f", which move the weights by {moved:.1%}" if known else "")
        + f": with a batch of {size:,}, there are too few of them.",
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
    if not case.training_error or case.training_error[-1] < SLOW_ERROR:
        return None
    if not hardly_falls(case) or not 0 < change(case) < SLOW_CHANGE:
        return None
    rate = raised_rate(case)
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
    losses = case.training_loss[-NOT_LEARNING_EPOCHS:]
    if case.config.loss != "cross-entropy" or case.steady < NOT_LEARNING_EPOCHS or len(losses) < NOT_LEARNING_EPOCHS:
        return None
    known, near = case.entropy, NEAR_CHANCE_OF_DECAYED if pulled_to_zero(case) else NEAR_CHANCE
    if not all(loss > near * known for loss in losses) or rate_decayed(case):
        return None
    if case.training_error[-1] < LEARNED * case.constant_error:
        return None
    why, cure, request = _reason(case)
    return Finding(
        evidence={"loss": losses[-1], "of_knowing_nothing": round(known, 4), "epochs": len(losses)},
        why=f"For {len(losses)} epochs the loss is no better than the {known:.4g} of always answering with the "
        f"classes' shares. {why}".rstrip(),
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
        return why, "Begin again without weight decay.", restart(weight_decay=0.0)
    if 0 < change(case) < CREEPING:
        rate = raised_rate(case)
        why = (
            f"Steps of {case.learning_rate:g} move the weights by {100 * change(case):.2g}% of their size in an epoch."
        )
        return why, f"Raise the learning rate to {rate:g}.", live(learning_rate=rate)
    if case.config.init not in SUITED:
        init = suitable_init(case)
        return "", f"Begin again with weights that suit the layers (init {init}).", restart(init=init)
    return "", "Try another learning rate, ten times or a tenth.", None


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
    batch_too_large,
    learning_rate_too_low,
    not_learning,
    constant_prediction,
)
