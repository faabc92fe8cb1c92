"""How well the network fits: too little, too much, or no further."""

from statistics import fmean

from tui_trainer.doctor.case import Case
from tui_trainer.doctor.finding import Finding, Rule, fork, live, restart, rule, stop
from tui_trainer.doctor.rules.measures import STRONG_DECAY, gains, pulled_to_zero, rate_decayed
from tui_trainer.doctor.rules.overshoot import HEAVY_DROPOUT
from tui_trainer.doctor.rules.units import may_come_back

STANDING = 0.015  # share by which a loss falls in an epoch at most, when it has stopped
STALLED = 0.04  # the same for a network that is held down
STALLED_WHEN_SMALL = 0.08  # the same for a network that is too small, and cannot get far
STALLED_EPOCHS = 3
HIGH_ERROR, HIGH_ERROR_WITH_DECAY = 0.15, 0.09
GAP = 0.12  # training error above validation error
BY_HEART = 0.05  # training loss, in validation losses
RISEN = 1.08  # validation loss, in its least
AFTER_BEST, LONG_AFTER_BEST = 5, 7  # epochs
BETTER = 0.002  # of an error, for it to have improved


def stalled(case: Case, share: float = STALLED) -> bool:
    """Whether the training loss has fallen by less than a share of it in each of the last epochs."""
    if min(case.steady, len(case.training_loss)) < STALLED_EPOCHS + 2 or not case.finite:
        return False
    return all(gain < share for gain in gains(case, STALLED_EPOCHS)) and not may_come_back(case)


@rule(
    "dropout-too-high",
    "warning",
    "dropout makes training far worse than validation",
    (
        *("underfitting", "plateau", "not-learning", "constant-prediction"),
        *("learning-rate-too-low", "learning-rate-too-high", "dead-hidden-units", "vanishing-gradient"),
    ),
)
def dropout_too_high(case: Case) -> Finding | None:
    probability = case.setting("dropout")
    if not probability or case.config.dropout_at == "none" or min(case.epoch, case.steady) < 3 or not case.finite:
        return None
    trained, validated = case.training_error[-1], case.validation_error[-1]
    silenced = probability >= HEAVY_DROPOUT and min(case.training_loss[-3:]) > 0.95 * case.entropy
    if trained - validated < GAP and not silenced:
        return None
    lower = round(probability / 3, 2)
    return Finding(
        evidence={"dropout": probability, "training_error": trained, "validation_error": validated},
        why=f"With dropout {probability:g} ({case.config.dropout_at}), {trained:.0%} of the training examples are "
        f"wrong; without it, {validated:.0%} of the validation examples: "
        + ("nothing gets through." if silenced else "most of what is known is dropped."),
        cure=f"Lower the dropout to {lower:g}.",
        request=live(dropout=lower),
    )


@rule("overfitting", "warning", "the examples are learned by heart while validation gets worse", ("overtraining",))
def overfitting(case: Case) -> Finding | None:
    if len(case.validation_loss) <= AFTER_BEST or not case.finite:
        return None
    least, ago = case.best
    if ago < AFTER_BEST:
        return None
    trained, recent = case.training_loss[-1], fmean(case.validation_loss[-3:])
    by_heart = trained - case.floor < BY_HEART * (recent - case.floor)
    if recent < RISEN * least or not by_heart or _error_improves(case):
        return None
    best = case.epoch - ago
    return Finding(
        evidence={"training_loss": trained, "validation_loss": recent, "least": least, "best_epoch": best},
        why=f"The training loss is {trained:.2g}, and the validation loss has risen since epoch {best}, "
        f"from {least:.3g} to {recent:.3g}: the network learns its examples by heart.",
        cure="Stop, and use the best checkpoint; more examples or weight decay get further.",
        request=stop(),
    )


@rule("overtraining", "warning", "the best epoch is long past")
def overtraining(case: Case) -> Finding | None:
    if len(case.validation_loss) <= LONG_AFTER_BEST or not case.finite:
        return None
    least, ago = case.best
    if ago < LONG_AFTER_BEST:
        return None
    recent, fell = fmean(case.validation_loss[-3:]), case.training_loss[-1] < 0.7 * case.training_loss[-1 - ago]
    if recent < RISEN * least or not fell or _error_improves(case):
        return None
    best = case.epoch - ago
    return Finding(
        evidence={"best_epoch": best, "epochs_since": ago, "validation_loss": recent, "least": least},
        why=f"Epoch {best} had the least validation loss, {least:.3g}; the {ago} epochs since have made it "
        f"{recent:.3g}.",
        cure="Stop, and use the best checkpoint.",
        request=stop(),
    )


def _error_improves(case: Case) -> bool:
    """Whether fewer validation examples than ever were wrong in one of the last epochs."""
    errors = case.validation_error
    return min(errors[-AFTER_BEST:]) < min(errors[:-AFTER_BEST]) - BETTER


def _too_small(case: Case) -> bool:
    """Whether the network has no hidden layer, or one with fewer units than there are classes."""
    units = [layer["units"] for layer in case.hidden("relu") if "units" in layer]
    return case.config.network == "softmax" or (bool(units) and min(units) < case.classes)


@rule("underfitting", "warning", "the network cannot fit even its training examples, and gets no better", ("plateau",))
def underfitting(case: Case) -> Finding | None:
    decay = case.setting("weight_decay")
    strong = decay >= STRONG_DECAY
    small = _too_small(case)
    if not (strong or small) or rate_decayed(case) or pulled_to_zero(case):
        return None
    if not stalled(case, STALLED_WHEN_SMALL if small and case.config.network != "softmax" else STALLED):
        return None
    trained, validated = case.training_error[-1], case.validation_error[-1]
    if trained < (HIGH_ERROR_WITH_DECAY if strong else HIGH_ERROR) or validated > trained + 0.08:
        return None
    reason = f"weight decay {decay:g} keeps its weights small" if strong else "it is too small for the task"
    return Finding(
        evidence={"training_error": trained, "validation_error": validated, "weight_decay": decay},
        why=f"{trained:.0%} of the training examples are wrong, hardly fewer from epoch to epoch, and as many of the "
        f"others: {reason}.",
        cure="Switch the weight decay off." if strong else "Use a larger network (mlp with 128 hidden units).",
        request=live(weight_decay=0.0) if strong else restart(network="mlp", hidden=[128], init="he"),
    )


@rule("plateau", "warning", "the loss has stopped falling far from where it could be")
def plateau(case: Case) -> Finding | None:
    if not case.training_error or case.training_error[-1] < HIGH_ERROR_WITH_DECAY or not stalled(case, STANDING):
        return None
    decayed = rate_decayed(case)
    if not decayed and case.training_error[-1] < HIGH_ERROR:
        return None
    reason = (
        f"The schedule has brought the learning rate down to {case.learning_rate:.2g}."
        if decayed
        else "Steps of this size get no further here."
    )
    greatest = case.greatest_rate
    return Finding(
        evidence={"training_error": case.training_error[-1], "learning_rate": case.learning_rate, "greatest": greatest},
        why=f"For {STALLED_EPOCHS} epochs the training loss has hardly fallen, with {case.training_error[-1]:.0%} of "
        f"the training examples wrong. {reason}",
        cure="Keep the learning rate up for longer (schedule constant)." if decayed else "Try another learning rate.",
        request=fork(schedule="constant") if decayed else live(learning_rate=float(f"{greatest * 3:.3g}")),
    )


RULES: tuple[Rule, ...] = (dropout_too_high, overfitting, overtraining, underfitting, plateau)
