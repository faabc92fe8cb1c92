"""Numbers that grow out of bounds."""

import math

from tui_trainer.doctor.case import Case, weights
from tui_trainer.doctor.finding import Finding, Rule, restart, rule
from tui_trainer.doctor.rules.measures import lower_rate

GROWN = 5.0  # times the loss at the beginning, and that of knowing nothing
GRADIENT_GROWN = 100.0  # times the gradient at the beginning
GONE_WRONG = (
    *("dead-hidden-units", "dead-output-units", "not-learning", "constant-prediction", "learning-rate-too-low"),
    *("frozen-layer", "plateau", "underfitting", "saturated-activations", "vanishing-gradient"),
)


@rule("not-finite", "error", "the loss became NaN or infinite", ("exploding", *GONE_WRONG))
def not_finite(case: Case) -> Finding | None:
    found = case.not_finite
    if found is None:
        return None
    cause, why = cause_of(case)
    where = f"in the {found['part']} of {found['layer']}" if found["layer"] else "in the loss"
    return Finding(
        evidence={
            "first_bad_step": found["step"],
            "layer": found["layer"],
            "part": found["part"],
            "likely_cause": cause,
            "largest_outputs": {name: float(f"{size:.3g}") for name, size in found["largest"].items()},
        },
        why=f"Step {found['step']} gave the first number that is not finite, {where}. {why}",
        **_mend(case, cause),
    )


@rule("exploding", "error", "the loss or the gradient grows far beyond what it was at the beginning", GONE_WRONG)
def exploding(case: Case) -> Finding | None:
    numbers = growth(case)
    if numbers is None:
        return None
    cause, why = cause_of(case)
    return Finding(
        evidence={**numbers, "likely_cause": cause},
        why=f"The loss reached {numbers['loss']:.3g} from {numbers['loss_at_first']:.3g} at the start. {why}",
        **_mend(case, cause),
    )


def growth(case: Case) -> dict[str, float] | None:
    """How far loss and gradient have grown, where that is out of all bounds."""
    if not case.start or not case.slices:
        return None
    first = case.start[-1].get("loss") or case.chance
    newest = max((loss for loss in case.slices[-1] if math.isfinite(loss)), default=0.0)
    if newest <= max(first, case.chance):
        return None
    gradient, gradient_at_first = _gradient(case.layers), _gradient(case.start)
    by_loss = newest > GROWN * max(first, case.chance)
    by_gradient = gradient > GRADIENT_GROWN * gradient_at_first > 0
    if not by_loss and not by_gradient:
        return None
    return {"loss": newest, "loss_at_first": first, "gradient": gradient, "gradient_at_first": gradient_at_first}


def _gradient(layers: list[dict]) -> float:
    """The norm of the gradient of all weights together; infinite where it is not finite."""
    norms = [weight["gradient"].get("norm", math.inf) for _, weight in weights(layers)]
    return math.hypot(*norms)


def cause_of(case: Case) -> tuple[str, str]:
    """What numbers that grow out of bounds are likely due to, and a sentence on it."""
    seen = case.data.get("inputs")
    if seen and math.hypot(seen["mean"], seen["deviation"]) > 4:
        return "unscaled inputs", "The inputs are not scaled, and the first steps throw the weights far out."
    return "learning rate", f"Steps of learning rate {case.learning_rate:g} overshoot, and each overshoots further."


def _mend(case: Case, cause: str) -> dict:
    if cause == "unscaled inputs":
        return {"cure": "Scale the pixels (scale unit).", "request": restart(scale="unit")}
    rate = lower_rate(case)
    return {"cure": f"Begin again with learning rate {rate:g}.", "request": restart(learning_rate=rate)}


RULES: tuple[Rule, ...] = (not_finite, exploding)
