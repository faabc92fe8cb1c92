"""Each rule alone: what it is about makes it speak, with numbers and a change; what only looks like it does not."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from doctor_cases import changed, layers, sound, weight

from tui_trainer.doctor import Case, Finding, load_rules

RULES = {rule.name: rule.check for rule in load_rules()[0]}
RELU_ON_LOGITS = ("linear", "relu")
NEGATIVE = {"mean": 0.0, "deviation": 1.0, "min": -0.4, "max": 2.8}


def found(name: str, case: Case) -> Finding | None:
    return RULES[name](case)


def find(name: str, case: Case) -> Finding:
    finding = RULES[name](case)
    assert finding is not None, name
    assert finding.evidence
    json.dumps(finding.evidence, allow_nan=False)
    assert finding.why.count(".") >= 1
    assert len(finding.why) < 300
    assert finding.cure
    if finding.request is not None:
        assert set(finding.request) == {"action", "changes"}
        case.config.replace(**finding.request["changes"])  # a change that can be made
    return finding


def asked(name: str, case: Case) -> dict[str, Any]:
    request = find(name, case).request
    assert request is not None
    return request


def curve(values: list[float], of: str = "training_loss") -> Callable[[Case], Case]:
    return lambda case: replace(case, **{of: tuple(values)}, epoch=len(values), steady=len(values))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "case",
    [
        sound(),
        sound(1),
        sound(0),
        sound(kinds=("linear", "tanh", "linear")),
        sound(kinds=RELU_ON_LOGITS, network="assignment"),
        sound(kinds=("linear",), network="softmax"),
        replace(sound(), data={}, start=None),
        replace(sound(), inspections=(), start=None),
    ],
    ids=["sound", "one epoch", "not begun", "tanh", "ReLU on logits", "softmax", "no survey", "no inspections"],
)
def test_a_sound_run_and_one_of_which_little_is_known_are_left_in_peace(rule: str, case: Case) -> None:
    assert found(rule, case) is None


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_fails_on_numbers_that_are_not_finite(rule: str) -> None:
    case = sound(4)
    broken = layers("linear", "relu", "linear")
    for layer in broken:
        for name in ("mean", "deviation", "min", "max"):
            del layer[name]
        layer["nonfinite"] = 7
    for name in ("linear1", "linear2"):
        weight(broken, name)["gradient"] = {"nonfinite": 3}
    nan = (math.nan,) * 4
    case = replace(case, training_loss=nan, validation_loss=nan, inspections=(broken,) * 3, start=broken)
    RULES[rule](case)


# -- what a run was given ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "deviation"), [(33.0, 79.0), (0.0, 9.0), (0.0003, 0.0008)])
def test_inputs_not_scaled(mean: float, deviation: float) -> None:
    inputs = {"mean": mean, "deviation": deviation, "min": 0.0, "max": 255.0}
    case = changed(sound(scale="none"), inputs=inputs)
    assert asked("inputs-not-scaled", case)["changes"]["scale"] == ("unit" if mean > 1 or deviation > 1 else "standard")
    normalized = layers("linear", "relu", "linear")
    normalized.insert(0, {"layer": "batch_norm1", "kind": "batch-norm", "parameters": {"weight": {}}})
    assert found("inputs-not-scaled", replace(case, start=normalized)) is None


def test_inputs_not_shuffled() -> None:
    ordered = changed(sound(shuffle=False), same_label_next=0.998)
    assert asked("inputs-not-shuffled", ordered)["changes"] == {"shuffle": True}
    assert found("inputs-not-shuffled", changed(sound(shuffle=False), same_label_next=0.11)) is None


@pytest.mark.parametrize(
    ("counts", "rare", "common"),
    [
        ([500] * 9 + [20], [9], []),
        ([500] * 9 + [0], [9], []),
        ([5000] + [60] * 9, list(range(1, 10)), [0]),
        ([500, 300] + [450] * 8, [], []),
        ([12, 6, 9, 10, 14, 8, 11, 10, 13, 7], [], []),  # a hundred examples, drawn
    ],
)
def test_class_imbalance(counts: list[int], rare: list[int], common: list[int]) -> None:
    case = changed(sound(), classes={"training": counts, "validation": [100] * 10})
    if not rare and not common:
        assert found("class-imbalance", case) is None
        return
    evidence = find("class-imbalance", case).evidence
    assert (evidence["rare_classes"], evidence["common_classes"]) == (rare, common)


def test_leaked_validation() -> None:
    assert find("leaked-validation", changed(sound(), leaked=50)).evidence["share"] == 0.05
    assert found("leaked-validation", changed(sound(), leaked=10)) is None  # one in a hundred: duplicates happen


@pytest.mark.parametrize(("contradicted", "looks"), [(0.33, "often wrong"), (0.9, "as if shuffled")])
def test_noisy_labels(contradicted: float, looks: str) -> None:
    assert looks in find("noisy-labels", changed(sound(), disagreement=contradicted)).why


def test_few_examples_contradict_each_other_without_noise() -> None:
    few = {"training": 100, "validation": 1000}
    assert found("noisy-labels", changed(sound(), disagreement=0.38, examples=few)) is None
    assert found("noisy-labels", changed(sound(), disagreement=0.9, examples=few)) is not None


def test_dropout_not_applied() -> None:
    case = sound(dropout=0.5, dropout_at="none")
    assert asked("dropout-not-applied", case) == {"action": "fork", "changes": {"dropout_at": "hidden"}}
    assert found("dropout-not-applied", sound(dropout=0.0, dropout_at="none")) is None
    assert found("dropout-not-applied", replace(case, settings={"dropout": 0.0})) is None


# -- how it begins ---------------------------------------------------------------------------------------------------


def test_equal_weights() -> None:
    start = layers("linear", "relu", "linear")
    for name in ("linear1", "linear2"):
        weight(start, name)["deviation"] = 0.0
    assert find("poor-initial-weights", replace(sound(), start=start)).evidence["layers"] == ["linear1", "linear2"]


def test_zeros_are_a_good_beginning_for_a_softmax_and_a_bad_one_behind_a_relu() -> None:
    for kinds, bad in ((("linear",), False), (RELU_ON_LOGITS, True)):
        start = layers(*kinds)
        weight(start, "linear1")["deviation"] = 0.0
        assert (found("poor-initial-weights", replace(sound(kinds=kinds), start=start)) is not None) == bad


@pytest.mark.parametrize("deviation", [1e-4, 2.0])
def test_weights_of_the_wrong_size(deviation: float) -> None:
    start = layers("linear", "relu", "linear")
    weight(start, "linear2")["deviation"] = deviation
    assert find("poor-initial-weights", replace(sound(), start=start)).evidence["layers"] == ["linear2"]
    assert asked("poor-initial-weights", replace(sound(), start=start))["changes"] == {"init": "glorot"}  # not he again


def test_a_first_loss_far_above_that_of_knowing_nothing() -> None:
    start = layers("linear", "relu", "linear")
    start[-1]["loss"] = 30.0
    assert find("poor-initial-weights", replace(sound(), start=start)).evidence["initial_loss"] == 30.0


# -- numbers that grow -----------------------------------------------------------------------------------------------


def test_not_finite_names_step_layer_and_likely_cause() -> None:
    where = {"step": 17, "layer": "linear2", "part": "gradient", "largest": {"linear1": 1e30}}
    finding = find("not-finite", replace(sound(1), not_finite=where))
    assert finding.evidence["first_bad_step"] == 17
    assert finding.evidence["layer"] == "linear2"
    assert finding.evidence["likely_cause"] == "learning rate"
    assert finding.request == {"action": "restart", "changes": {"learning_rate": 0.01}}


def test_not_finite_of_raw_pixels_is_the_pixels_fault() -> None:
    raw = {"mean": 33.0, "deviation": 79.0, "min": 0.0, "max": 255.0}
    where = {"step": 3, "layer": "linear1", "part": "output", "largest": {}}
    finding = find("not-finite", changed(replace(sound(1, scale="none"), not_finite=where), inputs=raw))
    assert finding.evidence["likely_cause"] == "unscaled inputs"
    assert finding.request == {"action": "restart", "changes": {"scale": "unit"}}


def test_exploding_loss() -> None:
    exploded = replace(sound(1), slices=((2.0, 80.0, 900.0),))
    assert find("exploding", exploded).evidence["loss"] == 900.0


def test_exploding_gradient() -> None:
    inspection = layers("linear", "relu", "linear")
    weight(inspection, "linear1")["gradient"]["norm"] = 1e4
    case = replace(sound(1), slices=((2.5, 4.0),), inspections=(inspection,))
    assert find("exploding", case).evidence["gradient"] > 9e3
    assert found("exploding", replace(case, slices=((0.5, 0.3),))) is None  # and yet it learns


# -- units -----------------------------------------------------------------------------------------------------------


def dying(*dead: list[int], still: list[int] | None = None, **config: Any) -> Case:
    """A ReLU on the logits, the dead units of each inspection, and the weights that stood still in the last."""
    inspections = [layers(*RELU_ON_LOGITS) for _ in dead]
    for inspection, units in zip(inspections, dead, strict=True):
        inspection[-1] |= {"dead": units, "dead_count": len(units), "units": 10}
    weight(inspections[-1], "linear1")["still"] = dead[-1] if still is None else still
    case = sound(len(dead), RELU_ON_LOGITS, network="assignment", **config)
    return replace(case, inspections=tuple(inspections))


def test_dead_output_units_names_the_classes_and_the_ceiling() -> None:
    finding = find("dead-output-units", dying([3, 7], [3, 7]))
    assert finding.evidence["classes"] == [3, 7]
    assert finding.evidence["accuracy_ceiling"] == 0.8
    assert finding.request == {"action": "restart", "changes": {"network": "softmax"}}


def test_class_0_is_predicted_when_all_units_are_off() -> None:
    assert find("dead-output-units", dying([0, 1], [0, 1])).evidence["accuracy_ceiling"] == 0.9


@pytest.mark.parametrize(
    "case",
    [dying([3]), dying([3], [4]), dying([3, 4], [3, 4], still=[]), dying([3], [3], [], [3])],
    ids=["seen once", "not the same", "weights still move", "came back"],
)
def test_a_unit_that_may_come_back_is_not_called_dead(case: Case) -> None:
    assert found("dead-output-units", case) is None


@pytest.mark.parametrize(
    ("config", "steps", "dead"),
    [
        ({}, 20, False),  # plain SGD: what moves gets a gradient, and may come back
        ({"optimizer": "adam"}, 20, True),
        ({"optimizer": "adam"}, 156, False),  # long enough for momentum to be used up
        ({"weight_decay": 1e-4}, 156, True),
    ],
)
def test_where_something_else_than_a_gradient_moves_the_weights_it_takes_four_inspections(
    config: dict[str, Any], steps: int, dead: bool
) -> None:
    case = replace(dying([3], [3], [3], [3], still=[], **config), steps_per_epoch=steps)
    assert (found("dead-output-units", case) is not None) is dead
    assert found("dead-output-units", replace(case, inspections=case.inspections[1:])) is None


def unlifted(**config: Any) -> Case:
    """No inspected example of class 3 makes its own output positive, though others do."""
    inspection = layers(*RELU_ON_LOGITS)
    inspection[-1]["unlifted"] = [3]
    return replace(sound(3, RELU_ON_LOGITS, network="assignment", **config), inspections=(inspection,) * 3)


def test_a_class_that_none_of_its_training_examples_lifts_is_lost() -> None:
    finding = find("dead-output-units", replace(unlifted(), lifted={"3": 0}))
    assert finding.evidence["classes"] == [3]
    assert "No training example of its own makes the output of class 3 positive" in finding.why
    assert finding.why.endswith("accuracy cannot pass 90.0%.")
    assert found("dead-output-units", replace(unlifted(), lifted={"3": 1})) is None
    assert found("dead-output-units", unlifted()) is None  # nobody asked the training examples
    back = replace(unlifted(), lifted={"3": 0}, inspections=(layers(*RELU_ON_LOGITS),) * 3)
    assert found("dead-output-units", back) is None


@pytest.mark.parametrize(
    "case",
    [
        replace(unlifted(dropout=0.5, dropout_at="input"), lifted={"3": 0}),  # a part of an example may lift it
        changed(replace(unlifted(), lifted={"3": 0}), inputs=NEGATIVE),  # what pushes may lift
    ],
    ids=["dropout on the input", "negative inputs"],
)
def test_what_is_not_proven_is_not_claimed(case: Case) -> None:
    assert find("dead-output-units", case).why.endswith("unless one comes to, accuracy stays below 90.0%.")


def test_where_dropout_may_let_an_example_through_weights_must_stand_still_for_longer() -> None:
    config: dict[str, Any] = {"dropout": 0.5, "dropout_at": "input"}
    assert found("dead-output-units", dying([3], [3], [3], **config)) is None
    case = dying([3], [3], [3], [3], **config)
    for inspection in case.inspections:
        weight(inspection, "linear1")["still"] = [3]
    assert find("dead-output-units", case).evidence["classes"] == [3]
    weight(case.inspections[1], "linear1")["still"] = []
    assert found("dead-output-units", case) is None


@pytest.mark.parametrize("rule", ["learning-rate-too-low", "plateau", "underfitting"])
def test_while_a_class_may_yet_come_the_pace_of_the_others_says_nothing(rule: str) -> None:
    case = crawling(0.001) if rule == "learning-rate-too-low" else flat(0.3, weight_decay=0.05)
    inspections = unlifted().inspections
    weight(inspections[-1], "linear1")["change"] = 0.03
    case = replace(case, inspections=inspections)
    assert found(rule, case) is None
    inspections[-1][-1]["unlifted"] = []
    assert found(rule, case) is not None


def stuck(error: float = 0.3) -> Callable[[Case], Case]:
    """An error of which the newest epoch took hardly anything away."""
    return lambda case: replace(curve([1.2, 0.9, 0.89])(case), training_error=(0.5, 0.4, error))


def dead_hidden(count: int) -> list[dict[str, Any]]:
    """An inspection that finds so many of 64 units dead."""
    inspection = layers("linear", "relu", "linear")
    inspection[1] |= {"dead_count": count, "dead": list(range(min(count, 24)))}
    return inspection


def test_dead_hidden_units() -> None:
    case = replace(sound(3), inspections=(dead_hidden(40),))
    assert asked("dead-hidden-units", stuck()(case))["changes"] == {"learning_rate": 0.01}
    assert asked("dead-hidden-units", replace(case, start=dead_hidden(40)))["changes"] == {"init": "glorot"}
    assert found("dead-hidden-units", replace(case, start=dead_hidden(20), inspections=(dead_hidden(20),))) is None


def test_units_killed_by_steps_too_large_are_named_by_their_cause() -> None:
    case = stuck()(replace(sound(3), inspections=(dead_hidden(50),)))
    assert find("learning-rate-too-high", case).evidence["layer"] == "relu1"
    assert found("learning-rate-too-high", replace(case, start=dead_hidden(50))) is None  # they were born dead


@pytest.mark.parametrize(
    "harmless",
    [
        lambda case: replace(case, training_loss=(1.2, 0.9, 0.7)),  # it learns on all the same
        lambda case: replace(case, training_error=(0.5, 0.4, 0.1)),  # it has learned all the same
        lambda case: replace(case, inspections=(dead_hidden(34),)),  # half of them will do
    ],
    ids=["learns on", "has learned", "half is left"],
)
@pytest.mark.parametrize("rule", ["dead-hidden-units", "learning-rate-too-high"])
def test_units_that_a_network_can_do_without_are_no_reason_to_warn(rule: str, harmless: Callable[[Case], Case]) -> None:
    assert found(rule, harmless(stuck()(replace(sound(3), inspections=(dead_hidden(50),))))) is None


def test_saturated_activations() -> None:
    inspection = layers("linear", "tanh", "linear")
    inspection[1]["saturated"] = 0.9
    assert asked("saturated-activations", replace(sound(), inspections=(inspection,)))["changes"] == {"init": "glorot"}


def test_vanishing_gradient() -> None:
    inspection = layers(*("linear", "sigmoid") * 5, "linear")
    weight(inspection, "linear1")["gradient"]["norm"] = 1e-5
    case = replace(sound(), inspections=(inspection,))
    assert find("vanishing-gradient", case).evidence["ratio"] == pytest.approx(2e-5)
    blank = {"mean": 0.5, "deviation": 0.0, "min": 0.5, "max": 0.5}
    assert found("vanishing-gradient", changed(case, inputs=blank)) is None


def test_frozen_layer() -> None:
    inspection = layers("linear", "relu", "linear")
    weight(inspection, "linear2")["change"] = 0.0
    assert find("frozen-layer", replace(sound(), inspections=(inspection,))).evidence["layers"] == ["linear2"]
    faded = replace(sound(), inspections=(inspection,), rates=(0.1,) * 9 + (1e-9,))
    assert found("frozen-layer", faded) is None  # the schedule has ended the training


# -- steps -----------------------------------------------------------------------------------------------------------


def test_a_loss_that_goes_up_and_down_means_steps_too_large() -> None:
    jumpy = curve([1.0, 0.8, 0.9, 0.7, 0.8, 0.75])(sound(6))  # three times above its best
    jumpy = replace(jumpy, training_error=(0.3,) * 6, validation_loss=(1.0, 0.9, 0.9, 0.8, 0.85, 0.81))
    assert asked("learning-rate-too-high", jumpy) == {"action": "set", "changes": {"learning_rate": 0.01}}
    assert found("learning-rate-too-high", replace(jumpy, training_error=(0.01,) * 6)) is None  # all fitted
    better = replace(jumpy, validation_loss=(1.0, 0.9, 0.9, 0.8, 0.85, 0.75))
    assert found("learning-rate-too-high", better) is None  # each jump leads to a better place


def test_one_or_two_jumps_are_no_habit() -> None:
    for losses in ([1.0, 0.8, 0.9, 0.7, 0.65, 0.6], [1.0, 0.8, 0.9, 0.7, 0.8, 0.6]):
        case = replace(curve(losses)(sound(6)), training_error=(0.3,) * 6)
        assert found("learning-rate-too-high", case) is None


def test_after_a_change_of_settings_only_what_came_later_counts() -> None:
    jumpy = curve([1.0, 0.8, 0.9, 0.7, 0.8, 0.75])(sound(6))
    assert found("learning-rate-too-high", replace(jumpy, training_error=(0.3,) * 6, steady=2)) is None


def test_weights_that_were_thrown_away() -> None:
    inspection = layers("linear", "relu", "linear")
    weight(inspection, "linear1")["norm"] = 400.0
    case = replace(curve([9.0, 2.31, 2.31])(sound(3)), inspections=(inspection,), validation_loss=(2.31,) * 3)
    assert find("learning-rate-too-high", case).evidence["grown"] == 40.0


def sure_of_wrong_answers(norm: float, loss: float, **config: Any) -> Case:
    """A tenth of the answers is wrong, at a loss, with weights of some norm that began with 10."""
    inspection = layers("linear")
    weight(inspection, "linear1")["norm"] = norm
    case = sound(5, ("linear",), network="softmax", **config)
    return replace(case, inspections=(inspection,), validation_loss=(loss,) * 5, validation_error=(0.1,) * 5)


def test_weights_so_large_that_wrong_answers_are_given_with_certainty() -> None:
    assert find("learning-rate-too-high", sure_of_wrong_answers(300, 0.9)).evidence["loss_of_a_wrong_answer"] == 9.0
    assert found("learning-rate-too-high", sure_of_wrong_answers(40, 0.9)) is None  # they grew, as weights do
    assert found("learning-rate-too-high", sure_of_wrong_answers(300, 0.5)) is None


def test_label_smoothing_has_a_loss_that_nobody_can_get_rid_of() -> None:
    smoothed = sure_of_wrong_answers(300, 0.9, label_smoothing=0.1)
    assert smoothed.floor == pytest.approx(0.5003, abs=1e-4)
    assert found("learning-rate-too-high", smoothed) is None
    falling = curve([0.9, 0.8, 0.75, 0.72, 0.70, 0.685])(smoothed)  # by two per cent, but by eight of what can be lost
    assert found("plateau", replace(falling, training_error=(0.3,) * 6)) is None


def test_tanhs_that_were_driven_to_their_ends() -> None:
    inspection = layers("linear", "tanh", "linear")
    inspection[1]["saturated"] = 0.9
    case = replace(sound(kinds=("linear", "tanh", "linear")), inspections=(inspection,))
    assert find("learning-rate-too-high", case).evidence["layer"] == "tanh1"
    assert found("learning-rate-too-high", replace(case, start=inspection)) is None  # they began there


def crawling(change: float, **config: Any) -> Case:
    inspection = layers("linear", "relu", "linear")
    for name in ("linear1", "linear2"):
        weight(inspection, name)["change"] = change
    case = curve([2.30, 2.28, 2.26, 2.24, 2.22])(sound(5, **config))
    return replace(case, training_error=(0.8,) * 5, inspections=(inspection,), rates=(case.config.learning_rate,) * 5)


def test_learning_rate_too_low() -> None:
    assert asked("learning-rate-too-low", crawling(0.001, learning_rate=1e-4))["changes"] == {"learning_rate": 0.1}
    assert found("learning-rate-too-low", crawling(0.2, learning_rate=1e-4)) is None  # the weights do move


def test_batch_too_large() -> None:
    assert asked("batch-too-large", crawling(0.01, batch_size=2048))["changes"] == {"batch_size": 32}
    assert found("batch-too-large", crawling(0.01, batch_size=64)) is None
    without = found("batch-too-large", replace(crawling(0.01, batch_size=2048), inspections=()))
    assert without is not None
    assert "nan" not in without.why + json.dumps(without.evidence, allow_nan=False)
    assert (
        found("batch-too-large", crawling(0.01, batch_size=2048, learning_rate=1e-5)) is None
    )  # the rate, not the batch


def test_not_learning() -> None:
    stuck = replace(curve([2.304, 2.302, 2.303, 2.302])(sound(4, init="zeros")), training_error=(0.9,) * 4)
    assert asked("not-learning", stuck)["changes"] == {"init": "he"}
    suited = replace(stuck, config=stuck.config.replace(init="he"))
    assert find("not-learning", suited).request is None  # nothing is known by which one would be better
    assert found("not-learning", curve([2.3, 2.2, 2.1, 2.0])(stuck)) is None
    assert found("not-learning", replace(stuck, training_error=(0.3,) * 4)) is None  # it is right, if badly so


def test_what_hardly_moves_is_not_learning_for_that_reason() -> None:
    creeping = replace(crawling(0.0002), training_loss=(2.302,) * 5, training_error=(0.9,) * 5)
    assert asked("not-learning", creeping) == {"action": "set", "changes": {"learning_rate": 1.0}}
    assert "move the weights by 0.02% of their size" in find("not-learning", creeping).why


def test_not_learning_knows_the_shares_of_the_classes() -> None:
    unequal = {"training": [4550] + [50] * 9, "validation": [910] + [10] * 9}
    stuck = changed(curve([0.52, 0.52, 0.52])(sound(3)), classes=unequal)  # far below ln 10
    stuck = replace(stuck, training_error=(0.09,) * 3)
    assert find("not-learning", stuck).evidence["of_knowing_nothing"] == pytest.approx(0.5, abs=0.02)


def test_not_learning_by_weight_decay() -> None:
    inspection = layers("linear", "relu", "linear")
    for name in ("linear1", "linear2"):
        weight(inspection, name)["norm"] = 0.001
    stuck = replace(curve([2.303] * 4)(sound(4, weight_decay=1.0)), inspections=(inspection,))
    stuck = replace(stuck, training_error=(0.9,) * 4)
    assert asked("not-learning", stuck) == {"action": "restart", "changes": {"weight_decay": 0.0}}
    for other in ("dead-hidden-units", "vanishing-gradient", "learning-rate-too-low", "underfitting"):
        assert found(other, stuck) is None


def test_constant_prediction() -> None:
    inspection = layers("linear", "relu", "linear")
    inspection[-1]["predicted"] = [0, 0, 160, 0, 0, 0, 0, 0, 0, 0]
    case = replace(sound(3), inspections=(inspection,), validation_error=(0.9,) * 3)
    assert find("constant-prediction", case).evidence["class"] == "2"
    assert found("constant-prediction", replace(case, validation_error=(0.3,) * 3)) is None


# -- fit -------------------------------------------------------------------------------------------------------------


def test_dropout_too_high() -> None:
    dropped = sound(4, dropout=0.9, dropout_at="hidden")
    dropped = replace(dropped, training_error=(0.5,) * 4, validation_error=(0.2,) * 4)
    assert asked("dropout-too-high", dropped) == {"action": "set", "changes": {"dropout": 0.3}}
    assert found("dropout-too-high", replace(dropped, training_error=(0.25,) * 4)) is None  # as dropout should


def by_heart(epochs: int, rise: float, training: float) -> Case:
    losses = [0.5] * 3 + [0.5 * (1 + rise * i / epochs) for i in range(1, epochs + 1)]
    trained = [0.5 * (training / 0.5) ** (i / len(losses)) for i in range(len(losses))]
    case = curve(losses, "validation_loss")(sound(len(losses)))
    return replace(case, training_loss=tuple(trained), validation_error=(0.15,) * len(losses))


def test_overfitting() -> None:
    assert find("overfitting", by_heart(10, 0.3, 0.005)).evidence["best_epoch"] == 1
    assert found("overfitting", by_heart(10, 0.02, 0.005)) is None  # by heart, but validation is not hurt
    assert found("overfitting", by_heart(10, 0.3, 0.1)) is None


def test_overtraining() -> None:
    case = by_heart(10, 0.3, 0.1)
    assert asked("overtraining", case) == {"action": "stop", "changes": {}}
    better = replace(case, validation_error=(0.2,) * 9 + (0.1,) * 4)  # more are right, if less surely
    assert found("overtraining", better) is None


def flat(error: float, **config: Any) -> Case:
    case = curve([0.9, 0.6, 0.5, 0.499, 0.498, 0.497])(sound(6, **config))
    return replace(case, training_error=(error,) * 6, validation_error=(error,) * 6)


def test_underfitting() -> None:
    small = flat(0.3)
    for inspection in small.inspections:
        inspection[1]["units"] = 3
    assert asked("underfitting", small)["changes"]["network"] == "mlp"
    assert asked("underfitting", flat(0.12, weight_decay=0.05))["changes"] == {"weight_decay": 0.0}
    assert found("underfitting", flat(0.3)) is None  # wide enough: then it is a plateau


def test_plateau() -> None:
    assert find("plateau", flat(0.3)).evidence["training_error"] == 0.3
    faded = replace(flat(0.12), rates=(0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6))
    assert asked("plateau", faded) == {"action": "fork", "changes": {"schedule": "constant"}}
    assert found("plateau", flat(0.05)) is None  # that is where it ends


def test_every_rule_is_tested_here() -> None:
    from pathlib import Path

    text = Path(__file__).read_text("utf-8")
    assert all(f'"{name}"' in text for name in RULES)
