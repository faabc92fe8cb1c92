"""What a run was given: its data, and settings that do not do what they say."""

import math

from tui_trainer.doctor.case import Case
from tui_trainer.doctor.finding import Finding, Rule, fork, restart, rule

EVERYTHING_ELSE = (
    *("not-finite", "exploding", "learning-rate-too-high", "learning-rate-too-low", "batch-too-large"),
    *("saturated-activations", "dead-output-units", "dead-hidden-units", "vanishing-gradient", "frozen-layer"),
    *("not-learning", "constant-prediction", "plateau", "underfitting", "overfitting", "overtraining"),
    *("poor-initial-weights", "dropout-too-high"),
)
SCALED = (0.02, 4.0)  # root mean square of inputs that training copes with
IN_ORDER = 0.5  # share of examples that are followed by one of their class
RARE, COMMON = 0.25, 4.0  # times the mean count of a class
CERTAIN = 3.0  # standard deviations
DISAGREE = 0.2  # share of labels that their neighbours' labels contradict
LEAKED = 0.01  # share of the validation examples


@rule("inputs-not-scaled", "warning", "the network's inputs are far larger or smaller than about 1", EVERYTHING_ELSE)
def inputs_not_scaled(case: Case) -> Finding | None:
    seen = case.data.get("inputs")
    if not seen or seen["deviation"] == 0 or _normalizes_first(case):
        return None
    size = math.hypot(seen["mean"], seen["deviation"])
    if SCALED[0] <= size <= SCALED[1]:
        return None
    change = {"scale": "unit" if size > 1 and seen["max"] <= 255 and case.config.scale == "none" else "standard"}
    return Finding(
        evidence={"root_mean_square": round(size, 4), "least": seen["min"], "greatest": seen["max"]},
        why=f"Inputs have a root mean square of {size:.3g}, and gradients grow with them: no learning rate suits "
        "both the weights and the biases.",
        cure=f"Scale the pixels (scale {change['scale']}).",
        request=restart(**change),
    )


def _normalizes_first(case: Case) -> bool:
    first = next((layer for layer in case.start or () if "parameters" in layer), None)
    return first is not None and first["kind"] == "batch-norm"


@rule("inputs-not-shuffled", "error", "training sees the classes one after another", EVERYTHING_ELSE)
def inputs_not_shuffled(case: Case) -> Finding | None:
    counts = case.data.get("classes", {}).get("training")
    if not counts or case.config.shuffle:
        return None
    by_chance = sum((count / sum(counts)) ** 2 for count in counts)
    followed = case.data["same_label_next"]
    if followed < by_chance + IN_ORDER * (1 - by_chance):
        return None
    return Finding(
        evidence={"followed_by_their_class": followed, "by_chance": round(by_chance, 4)},
        why=f"{followed:.0%} of the examples are followed by one of their own class: each batch pulls all weights "
        "to the class that it holds, and the next undoes it.",
        cure="Shuffle the examples anew each epoch (shuffle).",
        request=restart(shuffle=True),
    )


@rule(
    "class-imbalance",
    "warning",
    "some classes have far fewer or more training examples than others",
    ("constant-prediction", "not-learning"),
)
def class_imbalance(case: Case) -> Finding | None:
    counts = case.data.get("classes", {}).get("training")
    if not counts:
        return None
    mean = sum(counts) / len(counts)
    rare = [c for c, count in enumerate(counts) if count + CERTAIN * math.sqrt(count + 1) < mean * 2 * RARE]
    rare = [c for c in rare if counts[c] < RARE * mean]
    common = [c for c, count in enumerate(counts) if count > COMMON * mean]
    if not rare and not common:
        return None
    least, most = min(counts), max(counts)
    return Finding(
        evidence={
            "rare_classes": rare,
            "common_classes": common,
            "least": least,
            "most": most,
            "constant_accuracy": round(most / sum(counts), 4),
        },
        why=f"Classes have from {least:,} to {most:,} training examples: the loss hardly feels the rare ones, and "
        f"accuracy flatters, as always naming one class is right for {most / sum(counts):.0%}.",
        cure="Add examples of the rare classes, or take fewer of the common ones; judge by each class's own accuracy.",
    )


@rule("leaked-validation", "warning", "validation examples that are also training examples")
def leaked_validation(case: Case) -> Finding | None:
    total = case.data.get("examples", {}).get("validation")
    if not total or case.data["inputs"]["deviation"] == 0 or case.data["leaked"] <= max(1, LEAKED * total):
        return None
    leaked = case.data["leaked"]
    return Finding(
        evidence={"leaked": leaked, "validation_examples": total, "share": round(leaked / total, 4)},
        why=f"{leaked:,} of {total:,} validation examples are training examples too: validation measures memory "
        "there, and overfitting cannot be seen.",
        cure="Take these examples out of one of the two splits.",
    )


@rule(
    "noisy-labels",
    "warning",
    "labels that contradict those of similar examples: shuffled, or often wrong",
    (
        *("not-learning", "underfitting", "plateau", "overfitting", "overtraining", "constant-prediction"),
        *("learning-rate-too-low", "learning-rate-too-high"),
    ),
)
def noisy_labels(case: Case) -> Finding | None:
    found = case.data.get("disagreement")
    if found is None or case.data["inputs"]["deviation"] == 0:
        return None
    looked_at = min(1000, case.data["examples"]["training"])
    expected = DISAGREE * (1000 / looked_at) ** 0.45  # with fewer examples, neighbours are farther away
    if found < expected:
        return None
    worst = 1 - 1 / case.classes
    looks = "as if shuffled" if found > 0.9 * worst else "often wrong"
    return Finding(
        evidence={"contradicted": found, "expected_below": round(expected, 4), "by_chance": round(worst, 4)},
        why=f"{found:.0%} of the training labels differ from what the most similar examples are called: they look "
        f"{looks}, and what is fitted beyond the rest is noise.",
        cure="Check how images and labels were paired; clean the labels.",
    )


@rule("dropout-not-applied", "warning", "a dropout is set, and no layer of the network applies it")
def dropout_not_applied(case: Case) -> Finding | None:
    probability, config = case.setting("dropout"), case.config
    if probability == 0 or config.dropout_at != "none" or any(part.kind == "dropout" for part in config.layers):
        return None
    place = "hidden" if config.network in ("mlp", "lenet") else "input"
    return Finding(
        evidence={"dropout": probability, "dropout_at": config.dropout_at},
        why=f"Dropout is {probability:g}, but no layer applies it (dropout-at none): this trains exactly as without.",
        cure=f"Apply it (dropout-at {place}), or set it to 0.",
        request=fork(dropout_at=place),
    )


RULES: tuple[Rule, ...] = (
    inputs_not_scaled,
    inputs_not_shuffled,
    noisy_labels,
    class_imbalance,
    leaked_validation,
    dropout_not_applied,
)
