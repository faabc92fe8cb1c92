"""What several rules ask of a case."""

import math
from itertools import pairwise

from tui_trainer.doctor.case import Case, Layers, weights

USUAL_RATE = {"sgd": 0.1, "rmsprop": 0.001, "adam": 0.001, "adamw": 0.001}  # does well on small networks
USUAL_RATE |= dict.fromkeys(("momentum", "nesterov", "adagrad"), 0.02)
STRONG_DECAY = 0.01
DECAYED = 0.05  # of the greatest learning rate of the run
MUCH_WRONG, GOOD_GAIN = 0.15, 0.1  # training error; share of the loss that an epoch takes away while learning goes well


def change(case: Case) -> float:
    """How far the weights of the layer that moved most came in the newest epoch, as a share of their size."""
    return max((weight.get("change", 0.0) for _, weight in weights(case.layers)), default=math.nan)


def gains(case: Case, epochs: int) -> list[float]:
    """The share of the loss that can be lost which each of the newest epochs took away, in training."""
    losses = [max(loss - case.floor, 1e-12) for loss in case.training_loss[-epochs - 1 :]]
    return [1 - after / before for before, after in pairwise(losses)]


def gets_nowhere(case: Case) -> bool:
    """Whether much is still wrong, and the newest epoch has not made it much better than the one before."""
    return len(case.training_error) > 1 and case.training_error[-1] > MUCH_WRONG and gains(case, 1)[0] < GOOD_GAIN


def rate_decayed(case: Case) -> bool:
    """Whether the schedule has brought the learning rate down to hardly anything."""
    return case.learning_rate < DECAYED * case.greatest_rate


def pulled_to_zero(case: Case) -> bool:
    """Whether weight decay has taken the weights away."""
    if case.setting("weight_decay") <= 0:
        return False
    norms = [(now.get("norm", 0.0), then.get("norm", 0.0)) for now, then in _pairs(case.layers, case.start or [])]
    return bool(norms) and all(now < 0.3 * then for now, then in norms)


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


def grown_by(case: Case) -> float:
    """How many times as large as at first the weights of the layer are that grew most."""
    sizes = [(now.get("norm", 0.0), then.get("norm", 0.0)) for now, then in _pairs(case.layers, case.start or [])]
    return max((now / then for now, then in sizes if then), default=0.0)


def suitable_init(case: Case) -> str:
    """Initial values that suit the layers, other than those that the run began with."""
    curved = any(layer["kind"] in ("sigmoid", "tanh") for layer in case.layers or case.start or ())
    return next(init for init in (("glorot", "pytorch") if curved else ("he", "glorot")) if init != case.config.init)


def raised_rate(case: Case) -> float:
    """A learning rate to go on with where this one is too low: ten times, or what usually does well."""
    return float(f"{max(10 * case.learning_rate, USUAL_RATE[case.config.optimizer]):.3g}")


def lower_rate(case: Case) -> float:
    """A learning rate to go on with where this one is too high: a tenth, or what usually does well."""
    return float(f"{min(case.learning_rate / 10, USUAL_RATE[case.config.optimizer]):.3g}")
