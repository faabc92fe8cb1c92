"""The doctor's benchmark, what is healthy: sound runs, most of which look odd."""

from collections.abc import Callable
from typing import Any

from benchmarks import doctor_faults
from benchmarks.doctor_faults import DENSE, HIDDEN, STEPS, Random, kept, noisy, sigmoid_layers

GENTLE = (
    {"optimizer": "sgd", "learning_rate": 0.1},
    {"optimizer": "sgd", "learning_rate": 0.05},
    {"optimizer": "momentum", "learning_rate": 0.004},
    {"optimizer": "adam", "learning_rate": 0.0005},
    {"optimizer": "rmsprop", "learning_rate": 0.0003},
)


def base(
    random: Random, networks: tuple[str, ...] = DENSE, steps: tuple[dict[str, Any], ...] = GENTLE
) -> dict[str, Any]:
    """Settings of a sound run, with data enough for its epochs."""
    drawn = doctor_faults.base(random, networks, steps)
    return drawn | {"train_examples": int(random.choice([3000, 6000]))}


def plain(random: Random) -> dict[str, Any]:
    settings = base(random, (*DENSE, "lenet"))
    return {"settings": settings | ({"train_examples": 1500} if settings["network"] == "lenet" else {})}


def high_dropout(random: Random) -> dict[str, Any]:
    settings = base(random, ("wide",), STEPS[:1] + STEPS[3:4]) | {"train_examples": 5000, "batch_size": 32}
    place, most = ("hidden", 0.5) if random.random() < 0.6 else ("input", 0.3)
    return {"settings": settings | {"dropout": most, "dropout_at": place}}


def small_data(random: Random) -> dict[str, Any]:
    settings = base(random, ("softmax", "tanh", "mlp"), STEPS[:2]) | {"batch_size": 8}
    return {"settings": settings | {"train_examples": int(random.choice([100, 200, 400]))}}


def large_batch(random: Random) -> dict[str, Any]:
    steps = ({"optimizer": "sgd", "learning_rate": 1.0}, {"optimizer": "adam", "learning_rate": 0.01})
    settings = base(random, ("softmax", "mlp", "two", "wide"), (steps[0], steps[1]))
    return {"settings": settings | {"batch_size": int(random.choice([512, 1024])), "train_examples": 8192}}


def late_bloomer(random: Random) -> dict[str, Any]:
    depth = int(random.choice([1, 2]))
    steps = {1: {"optimizer": "sgd", "learning_rate": 0.2}, 2: {"optimizer": "adam", "learning_rate": 0.001}}[depth]
    layers = {"network": "custom", "layers": sigmoid_layers([64] * depth), "init": "glorot"}
    return {"settings": base(random) | layers | steps | {"train_examples": 3000}}


def small_batch(random: Random) -> dict[str, Any]:
    steps = ({"optimizer": "sgd", "learning_rate": 0.02}, {"optimizer": "adam", "learning_rate": 0.0005})
    return {"settings": base(random, DENSE, steps) | {"batch_size": 4, "train_examples": 3000}}


def scheduled(random: Random) -> dict[str, Any]:
    schedule = {"schedule": str(random.choice(["cosine", "warm-up", "step"])), "epochs": 20, "schedule_every": 8}
    return {"settings": base(random) | schedule}


def other_losses(random: Random) -> dict[str, Any]:
    if random.random() < 0.5:
        return {"settings": base(random) | {"label_smoothing": 0.1}}
    return {"settings": base(random, HIDDEN, STEPS[3:4]) | {"loss": "mean-squared-error"}}


def not_shuffled(random: Random) -> dict[str, Any]:
    return {"settings": base(random) | {"shuffle": False}}


def unequal_classes(random: Random) -> dict[str, Any]:
    return {"settings": base(random), "data": kept({int(random.integers(10)): 0.5, int(random.integers(10)): 0.6})}


def few_wrong_labels(random: Random) -> dict[str, Any]:
    return {"settings": base(random, ("softmax", "mlp", "tanh"), STEPS[:2]), "data": noisy(0.03)}


def zero_start(random: Random) -> dict[str, Any]:
    return {"settings": base(random, ("softmax",)) | {"init": "zeros"}}


def relu_on_logits(random: Random) -> dict[str, Any]:
    steps = ({"optimizer": "sgd", "learning_rate": 0.01},)
    return {"settings": base(random, ("assignment",), steps) | {"train_examples": 5000, "batch_size": 16}}


HEALTHY: dict[str, Callable[[Random], dict[str, Any]]] = {
    f"healthy {make.__name__.replace('_', ' ')}": make
    for make in (
        *(plain, high_dropout, small_data, large_batch, late_bloomer, small_batch, scheduled, other_losses),
        *(not_shuffled, unequal_classes, few_wrong_labels, zero_start, relu_on_logits),
    )
}
