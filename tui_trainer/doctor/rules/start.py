"""How a run begins: its initial weights."""

import math

from tui_trainer.doctor.case import Case, Layers, weights
from tui_trainer.doctor.finding import Finding, Rule, restart, rule
from tui_trainer.doctor.rules.measures import suitable_init

LARGE = 3.0  # times the loss of a network that knows nothing
SMALL_WEIGHTS = 0.1  # size of a weight times √inputs
LARGE_WEIGHTS = 8.0  # size of a weight times √inputs


@rule(
    "poor-initial-weights",
    "warning",
    "initial weights that are all equal, far too large or far too small",
    (
        *("not-finite", "exploding", "learning-rate-too-high", "learning-rate-too-low", "saturated-activations"),
        *("dead-output-units", "dead-hidden-units", "vanishing-gradient", "frozen-layer", "not-learning"),
        *("constant-prediction", "plateau", "underfitting", "batch-too-large"),
    ),
)
def poor_initial_weights(case: Case) -> Finding | None:
    if not case.start or case.start[0].get("nonfinite"):
        return None
    found = _equal(case.start) or _large(case) or _small(case)
    if found is None:
        return None
    evidence, why = found
    init = suitable_init(case)
    return Finding(evidence, why, f"Begin with weights that suit the layers' sizes (init {init}).", restart(init=init))


def _equal(start: Layers) -> tuple[dict, str] | None:
    """Equal weights: every unit of a layer is then the twin of every other, and stays it."""
    found = weights(start)
    equal = [name for name, weight in found if weight.get("deviation") == 0]
    if not equal or (len(found) == 1 and start[-1]["kind"] != "relu"):  # a softmax regression may begin at 0
        return None
    return {"layers": equal, "deviation": 0.0}, (
        f"All weights of {', '.join(equal)} are equal, so all units of a layer get the same gradient, or none, "
        "and never become different."
    )


def _large(case: Case) -> tuple[dict, str] | None:
    loss = case.start[-1].get("loss") if case.start else None
    if loss is not None and case.config.loss == "cross-entropy" and loss > LARGE * case.chance:
        return {"initial_loss": loss, "of_knowing_nothing": round(case.chance, 4)}, (
            f"The first loss is {loss:.3g}, far above the {case.chance:.3g} of a network that knows nothing: the "
            "weights are too large, and it begins with confident nonsense."
        )
    for name, size in _sizes(case.start or []):
        if size > LARGE_WEIGHTS:
            return {"layers": [name], "size": round(size, 3)}, (
                f"The weights of {name} are {size:.3g} times as large as 1/√inputs: its outputs are far too large, "
                "and activations after it are stuck at their ends."
            )
    return None


def _sizes(start: Layers) -> list[tuple[str, float]]:
    """Root mean square of each layer's weights, times √inputs of a unit."""
    return [
        (name, math.hypot(weight["mean"], weight["deviation"]) * math.sqrt(weight["inputs"]))
        for name, weight in weights(start)
        if "mean" in weight
    ]


def _small(case: Case) -> tuple[dict, str] | None:
    """Signals that fade on their way: only with hidden layers, as a first layer alone soon grows."""
    sizes = _sizes(case.start or [])
    name, size = min(sizes, key=lambda found: found[1], default=("", 1.0))
    if len(sizes) < 2 or not 0 < size < SMALL_WEIGHTS:
        return None
    return {"layers": [name], "size": float(f"{size:.3g}")}, (
        f"The weights of {name} are {size:.2g} times as large as 1/√inputs: what goes through it fades to nothing, "
        "and so do the gradients on their way back."
    )


RULES: tuple[Rule, ...] = (poor_initial_weights,)
