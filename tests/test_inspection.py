"""An inspection is right, the same on both engines, changes nothing, and does not depend on how a run was cut."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engines import load_engine
from engines.interface import Array
from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.events import Inspected
from tui_trainer.inspection import BINS, EXAMPLES, LISTED, Inspector, activity, choose_examples, distribution
from tui_trainer.training import Training

SMALL = {"train_examples": 480, "validation_examples": 300, "epochs": 3, "dropout": 0.0}
NETWORKS: dict[str, dict[str, Any]] = {
    "assignment": {"network": "assignment"},
    "mlp": {"network": "mlp", "init": "he", "hidden": [40, 30]},
    "lenet": {"network": "lenet", "init": "he", "train_examples": 128},
    "curved": {
        "network": "custom",
        "init": "glorot",
        "layers": [
            {"kind": "flatten"},
            *({"kind": "linear", "outputs": 20}, {"kind": "tanh"}, {"kind": "batch-norm"}),
            *({"kind": "linear", "outputs": 20}, {"kind": "sigmoid"}, {"kind": "linear", "outputs": 10}),
        ],
    },
}


@lru_cache
def loaded(examples: int) -> data.Loaded:
    return data.load(RunConfig(train_examples=examples, validation_examples=300))


def prepare(engine: str = "scratch", **settings: Any) -> tuple[Training, Inspector]:
    config = RunConfig.from_mapping({**SMALL, "engine": engine, **settings})
    splits = loaded(config.train_examples or 0).splits
    learner = load_engine(engine).build(config.network_config, config.optimizer_config, splits=splits, seed=config.seed)
    inspector = Inspector(config.network_config, splits["validation"])
    return Training(config, learner, len(splits["training"]), inspect=inspector), inspector


def inspections(training: Training) -> list[Inspected]:
    return [event for events in training.slices() for event in events if isinstance(event, Inspected)]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=400), st.integers(1, 200))
def test_examples_are_of_each_class_alike(labels: list[int], count: int) -> None:
    given_labels = np.array(labels)
    chosen = choose_examples(given_labels, count)
    there, taken = np.bincount(given_labels, minlength=10), np.bincount(given_labels[chosen], minlength=10)
    assert len(chosen) == min(count, len(labels))
    assert (np.diff(chosen) > 0).all()
    assert all(t == n or t >= taken.max() - 1 for n, t in zip(there, taken, strict=True))
    for label in set(labels):  # the first of each class
        mine = chosen[given_labels[chosen] == label]
        assert (mine == np.flatnonzero(given_labels == label)[: len(mine)]).all()


@given(arrays.arrays(np.float32, st.integers(1, 200), elements=st.floats(-1000, 1000, width=32)))
def test_a_distribution_is_what_numpy_says(values: Array) -> None:
    found = distribution(values)
    exact = values.astype(np.float64)
    assert found["mean"] == pytest.approx(exact.mean(), rel=1e-5, abs=1e-5)
    assert found["deviation"] == pytest.approx(exact.std(), rel=1e-4, abs=1e-3)
    assert (found["min"], found["max"]) == pytest.approx((exact.min(), exact.max()), rel=1e-5)
    edges, room = np.linspace(exact.min(), exact.max(), BINS + 1)[1:-1], 1e-9 * (exact.max() - exact.min())
    assert sum(found["histogram"]) == len(values)
    if exact.max() > exact.min():  # what stands on an edge may be counted on either side of it
        for edge, below in zip(edges, np.cumsum(found["histogram"]), strict=False):
            assert (exact < edge - room).sum() <= below <= (exact <= edge + room).sum()


def test_what_is_not_finite_is_counted_and_stays_json() -> None:
    found = distribution(np.array([1, np.nan, np.inf, 2], np.float32))
    assert found == {"nonfinite": 2}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_dead_units_are_those_that_no_example_makes_positive() -> None:
    rng = np.random.default_rng(0)
    values = np.maximum(rng.standard_normal((50, 6, 4, 4)), 0).astype(np.float32)
    values[:, [1, 4]] = 0
    values[49, 4, 3, 3] = 1e-30  # once, at one place: not dead
    found = activity("relu", values)
    assert (found["dead"], found["dead_count"], found["units"]) == ([1], 1, 6)
    assert found["zero"] == pytest.approx((values == 0).mean(), rel=1e-5)


def test_indices_of_many_dead_units_are_cut_and_their_count_is_not() -> None:
    found = activity("relu", np.zeros((5, 1000), np.float32))
    assert found["dead"] == list(range(LISTED))
    assert found["dead_count"] == 1000


@pytest.mark.parametrize(("kind", "ends"), [("sigmoid", (0.0, 1.0)), ("tanh", (-1.0, 1.0))])
def test_saturated_is_the_share_at_the_ends(kind: str, ends: tuple[float, float]) -> None:
    values = np.full((10, 10), sum(ends) / 2, np.float32)
    values[:3] = ends[0]
    values[3:5] = ends[1]
    assert activity(kind, values)["saturated"] == pytest.approx(0.5)


def test_a_unit_whose_weights_stood_still_is_named() -> None:
    training, inspector = prepare(network="assignment")
    learner = training.learner
    before = learner.state_dict()
    moved = {**before, "linear1.weight": before["linear1.weight"] + 0.1}
    moved["linear1.weight"][[2, 7]] = before["linear1.weight"][[2, 7]]
    learner.load_state_dict(moved)
    found = inspector(learner)[0]["parameters"]["weight"]
    expected = np.linalg.norm(moved["linear1.weight"] - before["linear1.weight"])
    assert (found["still"], found["still_count"]) == ([2, 7], 2)
    assert found["change"] == pytest.approx(expected / np.linalg.norm(before["linear1.weight"]), rel=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_numbers_are_those_of_a_second_computation(name: str) -> None:
    training, _ = prepare(**NETWORKS[name])
    last = inspections(training)[-1].layers
    learner, validation = training.learner, loaded(training.config.train_examples or 0).splits["validation"]
    chosen = choose_examples(validation.labels)
    logits = learner.predict(validation.inputs[chosen])
    trace = learner.trace(validation.inputs[chosen], validation.labels[chosen])
    assert last[-1]["predicted"] == np.bincount(logits.argmax(1), minlength=10).tolist()
    assert len(chosen) == EXAMPLES
    for layer in last:
        assert layer["mean"] == pytest.approx(trace.activations[layer["layer"]].mean(), rel=1e-4, abs=1e-5)
        for part, found in layer.get("parameters", {}).items():
            parameter = f"{layer['layer']}.{part}"
            assert found["norm"] == pytest.approx(np.linalg.norm(learner.state_dict()[parameter]), rel=1e-5)
            gradient = np.linalg.norm(trace.gradients[parameter])
            assert found["gradient"]["norm"] == pytest.approx(gradient, rel=1e-4, abs=1e-6)


def leaves(value: Any, path: str = "") -> Mapping[str, float]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in leaves(inner, f"{path}.{key}").items()}
    if isinstance(value, list):
        return {k: v for i, inner in enumerate(value) for k, v in leaves(inner, f"{path}.{i}").items()}
    return {path: value}


@pytest.mark.skipif(find_spec("torch") is None, reason="the PyTorch engine needs torch")
@pytest.mark.parametrize("name", NETWORKS)
def test_both_engines_say_the_same(name: str) -> None:
    ours, theirs = prepare("scratch", **NETWORKS[name]), prepare("pytorch", **NETWORKS[name])
    begun = ours[0].learner.state_dict()
    inspections(ours[0])
    trained = ours[0].learner.state_dict()
    found = []
    for training, inspector in (ours, theirs):
        training.learner.load_state_dict(begun)
        inspector.begin(training.learner)
        training.learner.load_state_dict(trained)
        found.append(inspector(training.learner))
    compare(*found)


def compare(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """All numbers to 1e-5; of histograms, no more than what stood on an edge may be on its other side."""
    a, b = leaves(ours), leaves(theirs)
    assert a.keys() == b.keys()
    for path, value in a.items():
        if ".histogram." in path:
            assert abs(value - b[path]) <= 2, path
        elif isinstance(value, str):
            assert value == b[path]
        else:
            assert value == pytest.approx(b[path], rel=1e-5, abs=1e-5), path


def test_inspecting_changes_no_bit_of_the_training() -> None:
    watched, _ = prepare(network="mlp", init="he", dropout=0.3)
    unwatched, _ = prepare(network="mlp", init="he", dropout=0.3)
    unwatched.inspect = None
    for training in (watched, unwatched):
        list(training.slices())
    states = [training.learner.state_dict() for training in (watched, unwatched)]
    assert all(states[0][name].tobytes() == array.tobytes() for name, array in states[1].items())


@pytest.mark.parametrize("step", [15, 20, 30])  # an epoch has 15 steps: at its end, and within the next
def test_a_resumed_run_inspects_as_if_it_had_never_stopped(step: int) -> None:
    whole = inspections(prepare(network="mlp", init="he")[0])
    first, _ = prepare(network="mlp", init="he")
    first.stop_at = step
    before = []
    for events in first.slices():
        before += [event for event in events if isinstance(event, Inspected)]
        if first.progress.step >= step:
            break
    checkpoint = first.checkpoint({})
    assert checkpoint is not None
    second, _ = prepare(network="mlp", init="he")
    second.restore(checkpoint)
    assert before + inspections(second) == whole
    assert any(name.startswith("progress.inspected.") for name in checkpoint.tensors) == bool(step % 15)


def test_inspections_do_not_depend_on_the_speed() -> None:
    fast, slow = prepare(network="mlp", init="he")[0], prepare(network="mlp", init="he")[0]
    ticks = iter(range(10**9))
    slow._clock = lambda: float(next(ticks))  # every slice seems to take seconds: one step each
    assert inspections(fast) == inspections(slow)


def test_the_line_of_the_assignment_is_short() -> None:
    training, _ = prepare(network="assignment")
    assert len(json.dumps(inspections(training)[-1].layers, separators=(",", ":"))) < 2_000


def test_classes_whose_own_examples_leave_their_output_off_are_listed() -> None:
    training, inspector = prepare("scratch", **NETWORKS["assignment"])
    learner = training.learner
    inspector.begin(learner)
    state = learner.state_dict()
    state["linear1.bias"][:] = 5
    learner.load_state_dict(state)
    assert inspector(learner)[-1]["unlifted"] == []
    state["linear1.bias"][[2, 7]] = -50
    learner.load_state_dict(state)
    assert inspector(learner)[-1]["unlifted"] == [2, 7]
