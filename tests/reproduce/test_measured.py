"""What is read off runs: dead output units, and how far two engines part."""

import math
from pathlib import Path

import numpy as np
import pytest

from engines import load_engine
from engines.interface import Dataset
from tui_trainer.checkpoint import Checkpoint, CheckpointError, write_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.events import EpochMeasured
from tui_trainer.history import History
from tui_trainer.reproduce.assignment import REPORTED, Experiment, experiments
from tui_trainer.reproduce.crosscheck import cross_check
from tui_trainer.reproduce.measured import output_units
from tui_trainer.reproduce.plan import Plan
from tui_trainer.settings import SettingError
from tui_trainer.store.directory import RunDirectory, make_run

PRINTED = Experiment("assignment-2-adam", "as-printed")


def saved(runs: Path, config: RunConfig, training: Dataset, bias: dict[int, float]) -> RunDirectory:
    """A run whose newest state has these biases, and no weights."""
    learner = load_engine("scratch").build(
        config.network_config, config.optimizer_config, splits={"training": training}, seed=0
    )
    state = learner.state_dict()
    state["linear1.weight"][:] = 0
    state["linear1.bias"][:] = [bias.get(unit, 1.0) for unit in range(10)]
    directory = make_run(runs, {"config": config.to_mapping(), "steps_per_epoch": 20})
    write_checkpoint(directory.checkpoints / "step-000000020.safetensors", Checkpoint(state, {}))
    return directory


def test_a_unit_is_dead_where_no_example_lifts_it_above_zero(tmp_path: Path, small_training: Dataset) -> None:
    config = PRINTED.config(0, 1)
    directory = saved(tmp_path, config, small_training, {2: -1e-6, 5: 0.0, 7: 1e-6})
    assert output_units(directory, config, small_training).dead == [2, 5]


def test_one_example_keeps_a_unit_alive(tmp_path: Path, small_training: Dataset) -> None:
    config = PRINTED.config(0, 1)
    directory = saved(tmp_path, config, small_training, {4: -1.0})
    name = directory.checkpoints / "step-000000020.safetensors"
    learner = load_engine("scratch").build(
        config.network_config, config.optimizer_config, splits={"training": small_training}, seed=0
    )
    state = learner.state_dict()
    inputs = small_training.inputs.reshape(len(small_training), -1) / 255
    projected = inputs @ inputs[17]
    state["linear1.weight"][:] = 0
    state["linear1.bias"][:] = 1
    state["linear1.weight"][4] = inputs[17]
    for margin, expected in ((-1e-3, []), (1e-3, [4])):  # its own example is the furthest along itself, or not
        highest = projected.max()
        state["linear1.bias"][4] = -highest - margin
        write_checkpoint(name, Checkpoint(state, {}))
        assert output_units(directory, config, small_training).dead == expected


def test_a_digit_is_lost_where_only_others_lift_its_unit(tmp_path: Path, small_training: Dataset) -> None:
    config = PRINTED.config(0, 1)
    directory = saved(tmp_path, config, small_training, {})
    learner = load_engine("scratch").build(
        config.network_config, config.optimizer_config, splits={"training": small_training}, seed=0
    )
    state = learner.state_dict()
    inputs = small_training.inputs.reshape(len(small_training), -1) / 255
    brightness, ones = inputs.sum(1), small_training.labels == 1  # a 1 has the least ink
    state["linear1.weight"][:], state["linear1.bias"][:] = 0, 1
    state["linear1.weight"][1], state["linear1.bias"][1] = 1, -brightness[ones].max() - 1e-2
    write_checkpoint(directory.checkpoints / "step-000000020.safetensors", Checkpoint(state, {}))
    found = output_units(directory, config, small_training)
    assert (found.dead, found.lost) == ([], [1])
    assert found.ceiling == pytest.approx(1 - ones.mean())


def test_a_lost_0_is_named_all_the_same(tmp_path: Path, small_training: Dataset) -> None:
    config = PRINTED.config(0, 1)
    directory = saved(tmp_path, config, small_training, {0: -1e6, 3: -1e6})
    found = output_units(directory, config, small_training)
    assert found.lost == [0, 3]
    assert found.ceiling == pytest.approx(1 - (small_training.labels == 3).mean())


def test_a_run_without_checkpoints_is_refused(tmp_path: Path, small_training: Dataset) -> None:
    config = PRINTED.config(0, 1)
    directory = make_run(tmp_path, {"config": config.to_mapping(), "steps_per_epoch": 20})
    with pytest.raises(CheckpointError, match="no checkpoint"):
        output_units(directory, config, small_training)


def history(errors: list[float], engine: str) -> History:
    found = History(PRINTED.config(0, len(errors), engine=engine), 937, engine)
    for epoch, error in enumerate(errors, 1):
        found.add(EpochMeasured(epoch, 937 * epoch, 1.0, error, 1.0, error / 2, 0.01, float(epoch)))
    return found


def test_a_cross_check_names_the_largest_and_the_last_difference() -> None:
    found = cross_check(
        PRINTED, history([0.5, 0.3, math.nan, 0.2], "scratch"), history([0.5, 0.4, 0.1, 0.21], "pytorch")
    )
    assert found.largest_difference == pytest.approx({"training": 0.1, "validation": 0.05})
    assert found.final_difference == pytest.approx({"training": 0.01, "validation": 0.005})
    assert (found.engine, found.run, found.scratch_run, found.seconds) == ("pytorch", "pytorch", "scratch", 4.0)


def test_the_experiments_are_the_presets_with_their_variants() -> None:
    names = [experiment.name for experiment in experiments()]
    assert len(names) == 10
    assert [name for name in names if name.startswith("assignment-1")] == [
        "assignment-1 as-printed",
        "assignment-1 without-relu",
    ]
    assert {experiment.preset for experiment in experiments(["assignment-2-adam"])} == {"assignment-2-adam"}
    with pytest.raises(SettingError, match="choose from assignment-1"):
        experiments(["assignment-9"])


def test_variants_change_one_thing_each() -> None:
    for experiment in experiments():
        printed = Experiment(experiment.preset, "as-printed").config(3, None).to_mapping()
        own = experiment.config(3, None).to_mapping()
        changed = {name for name in own if own[name] != printed[name]} - {"title"}
        expected = {"as-printed": set(), "without-relu": {"network"}}
        assert changed == expected.get(experiment.variant, {"dropout_at"})


def test_lengths_and_settings_are_those_of_the_assignment() -> None:
    for preset, epochs, dropout in (
        ("assignment-1", 240, 0),
        ("assignment-2-sgd", 200, 0.25),
        ("assignment-2-adam", 200, 0.5),
    ):
        config = Experiment(preset, "as-printed").config(0, None)
        assert (config.epochs, config.dropout, config.batch_size, config.learning_rate) == (epochs, dropout, 32, 0.01)
        assert (config.train_examples, config.validation_examples) == (30_000, 5_000)
    assert REPORTED["assignment-2-adam"]["validation"]["final"] == 0.7503


def test_a_plan_has_rows_a_row_with_own_data_and_checks_on_pytorch() -> None:
    plan = Plan(experiments(), 3, 2)
    assert [part.data_seed for part in plan.rows()] == [1] * 10
    assert [part.experiment.variant for part in plan.own_data()] == ["as-printed"] * 3
    for part in plan.own_data():
        assert part.data_seed is None
        assert {config.order_seed for config in part.configs} == {0, 1, 2}
    assert {config.engine for part in plan.checks() for config in part.configs} <= {"pytorch"}
    configs = [np.str_(config.to_mapping()) for part in plan.parts() for config in part.configs]
    assert len(set(configs)) == len(configs)


def test_the_rows_with_own_data_can_have_seeds_of_their_own_number() -> None:
    plan = Plan(experiments(), 3, 2, own_seeds=5)
    assert {len(part.configs) for part in plan.own_data()} == {5}
    assert {len(part.configs) for part in plan.rows()} == {3}
