"""How well the network fits: too little, too much, or no further."""

from tui_trainer.doctor.case import Case
from tui_trainer.doctor.finding import Finding, Rule, fork, live, restart, rule

FLAT_EPOCHS = 4
FLAT = 0.02  # share by which the training loss fell over these
DECAYED = 0.05  # of the greatest learning rate of the run
HIGH_ERROR = 0.12
GAP = 0.12  # training error above validation error
RISEN = 1.1  # validation loss, in its least
PAST_BEST = 5  # epochs


def flat(case: Case) -> bool:
    """Whether the training loss has stopped falling."""
    losses = case.training_loss
    if case.steady <= FLAT_EPOCHS or len(losses) <= FLAT_EPOCHS or not case.finite:
        return False
    return min(losses[-FLAT_EPOCHS:]) > (1 - FLAT) * losses[-FLAT_EPOCHS - 1]


@rule(
    "dropout-too-high",
    "warning",
    "dropout makes training far worse than validation",
    ("underfitting", "plateau", "not-learning"),
)
def dropout_too_high(case: Case) -> Finding | None:
    probability = case.setting("dropout")
    if not probability or case.config.dropout_at == "none" or case.epoch < 3 or case.steady < 2 or not case.finite:
        return None
    gap = case.training_error[-1] - case.validation_error[-1]
    if gap < GAP:
        return None
    lower = round(probability / 3, 2)
    return Finding(
        evidence={
            "dropout": probability,
            "training_error": case.training_error[-1],
            "validation_error": case.validation_error[-1],
        },
        why=f"With dropout {probability:g} at the {case.config.dropout_at}, {case.training_error[-1]:.0%} of the training "
        f"examples are wrong, and {case.validation_error[-1]:.0%} of the validation examples without it.",
        cure=f"Lower the dropout to {lower:g}.",
        request=live(dropout=lower),
    )


@rule(
    "overfitting", "warning", "validation loss rises while training loss goes on falling", ("overtraining", "plateau")
)
def overfitting(case: Case) -> Finding | None:
    losses = case.validation_loss
    if len(losses) < 4 or not case.finite:
        return None
    best = min(losses)
    at = losses.index(best)
    fell = case.training_loss[-1] < case.training_loss[at]
    gap = case.validation_error[-1] - case.training_error[-1]
    if losses[-1] < RISEN * best or min(losses[-2:]) < 1.05 * best or not fell or gap < 0.03:
        return None
    return Finding(
        evidence={
            "validation_loss": losses[-1],
            "least": best,
            "training_error": case.training_error[-1],
            "validation_error": case.validation_error[-1],
        },
        why=f"Since epoch {at + 1} the validation loss rose from {best:.3g} to {losses[-1]:.3g} while the training loss fell: "
        "the network learns its examples by heart.",
        cure="Use more examples, dropout or weight decay.",
        request=fork(dropout=0.3, dropout_at="hidden")
        if case.config.network in ("mlp", "lenet")
        else live(weight_decay=0.001),
    )


@rule("overtraining", "warning", "the best epoch is long past")
def overtraining(case: Case) -> Finding | None:
    losses = case.validation_loss
    if len(losses) < PAST_BEST + 1 or not case.finite:
        return None
    best = min(losses)
    at = losses.index(best)
    past = len(losses) - 1 - at
    if past < PAST_BEST or min(losses[-3:]) < 1.03 * best:
        return None
    epoch = case.epoch - past
    return Finding(
        evidence={"best_epoch": epoch, "epochs_since": past, "validation_loss": losses[-1], "least": best},
        why=f"Epoch {epoch} had the least validation loss, {best:.3g}; the {past} epochs since made it worse.",
        cure=f"Stop, and use the checkpoint of epoch {epoch}.",
        request=live(epochs=case.epoch + 1),
    )


@rule(
    "underfitting",
    "warning",
    "the training error is high and falls no further: the network cannot fit even its examples",
    ("plateau",),
)
def underfitting(case: Case) -> Finding | None:
    if not flat(case) or case.learning_rate < DECAYED * max(case.rates) or case.training_error[-1] < HIGH_ERROR:
        return None
    if case.validation_error[-1] > case.training_error[-1] + 0.05:
        return None
    decay = case.setting("weight_decay")
    change = {"weight_decay": 0.0} if decay > 1e-3 else {"network": "mlp", "hidden": "128"}
    return Finding(
        evidence={"training_error": case.training_error[-1], "validation_error": case.validation_error[-1]},
        why=f"{case.training_error[-1]:.0%} of the training examples are wrong, as many as of the others, and the loss falls no further.",
        cure="Use a larger network." if not decay else "Lower the weight decay.",
        request=live(**change) if decay > 1e-3 else restart(**change),
    )


@rule("plateau", "warning", "the loss has stopped falling far from where it could be")
def plateau(case: Case) -> Finding | None:
    if not flat(case) or case.training_error[-1] < HIGH_ERROR:
        return None
    return Finding(
        evidence={"training_loss": case.training_loss[-1], "epochs": FLAT_EPOCHS, "learning_rate": case.learning_rate},
        why=f"For {FLAT_EPOCHS} epochs the training loss fell by less than {FLAT:.0%}.",
        cure="Raise the learning rate.",
        request=fork(schedule="constant"),
    )


RULES: tuple[Rule, ...] = (dropout_too_high, overfitting, overtraining, underfitting, plateau)
