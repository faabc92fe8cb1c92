"""The doctor at the side of real runs: what it says is recorded, printed, summed up, and can be acted on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tui_trainer import batch
from tui_trainer.cli.main import main
from tui_trainer.config import RunConfig
from tui_trainer.doctor import Case, Doctor, Finding, examine, rule
from tui_trainer.doctor.cures import tried
from tui_trainer.doctor.finding import live, stop
from tui_trainer.events import CureTried, Event, FindingMade, SettingChanged, Surveyed
from tui_trainer.history import History
from tui_trainer.lines import from_line
from tui_trainer.run import create, train_run
from tui_trainer.run.consult import Consultation
from tui_trainer.run.cure import cure
from tui_trainer.run.first_bad import where_it_arose
from tui_trainer.run.prepare import load_learner
from tui_trainer.settings import SettingError
from tui_trainer.store import RunDirectory, RunLock, RunReader

DYING: dict[str, Any] = {"network": "assignment", "optimizer": "adam", "learning_rate": 0.05, "epochs": 8}
BLOWN_UP: dict[str, Any] = {
    "network": "mlp",
    "init": "he",
    "loss": "mean-squared-error",
    "learning_rate": 30,
    "epochs": 3,
}


def make(runs: Path, **settings: Any) -> RunDirectory:
    small = {"train_examples": 960, "validation_examples": 400, "dropout": 0.0, "engine": "scratch"}
    return RunDirectory(create(RunConfig.from_mapping({**small, **settings}), runs))


def trained(runs: Path, **settings: Any) -> RunDirectory:
    directory = make(runs, **settings)
    train_run(directory.path)
    return directory


def events(directory: RunDirectory) -> list[Event]:
    return [event for line in directory.events.read_bytes().splitlines() if (event := from_line(line))]


def findings(directory: RunDirectory) -> dict[str, FindingMade]:
    return {event.rule: event for event in events(directory) if isinstance(event, FindingMade)}


def test_dead_classes_are_named_recorded_printed_and_summed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = make(tmp_path, **DYING)
    assert batch.train_and_print(directory.path, as_json=True) == 0
    printed = capsys.readouterr()
    found = findings(directory)["dead-output-units"]
    state = RunReader(directory).read()
    (line,) = [line for line in printed.err.splitlines() if "dead-output-units" in line]
    assert line == f"error: dead-output-units: {found.why} {found.cure}"
    summed = {entry["rule"]: entry for entry in json.loads(printed.out)["findings"]}
    assert summed["dead-output-units"]["evidence"] == found.evidence
    assert set(summed["dead-output-units"]) >= {
        "rule",
        "epoch",
        "step",
        "severity",
        "evidence",
        "why",
        "cure",
        "request",
    }
    assert state.findings["dead-output-units"] == found
    assert found.evidence["classes"] == truly_dead(directory)


def truly_dead(directory: RunDirectory) -> list[int]:
    """The classes whose output is 0 for every training example, by the weights in the newest checkpoint."""
    from tui_trainer.checkpoint import read_checkpoint
    from tui_trainer.data import load
    from tui_trainer.store import CheckpointStore

    store = CheckpointStore(directory)
    tensors = read_checkpoint(store.path(store.names()[0])).tensors
    inputs = load(directory.config()).splits["training"].inputs.reshape(-1, 784) / 255
    before_relu = inputs @ tensors["linear1.weight"].T.astype(np.float64) + tensors["linear1.bias"]
    return np.flatnonzero((before_relu <= 0).all(0)).tolist()


def test_a_sound_run_is_surveyed_once_and_nothing_is_said(tmp_path: Path) -> None:
    directory = trained(tmp_path, network="softmax", init="pytorch", learning_rate=0.1, epochs=3)
    assert not findings(directory)
    train_run(directory.path, epochs=5)  # resumed
    assert sum(isinstance(event, Surveyed) for event in events(directory)) == 1
    assert not findings(directory)


def test_a_nan_is_traced_to_its_step_and_layer(tmp_path: Path) -> None:
    directory = trained(tmp_path, **BLOWN_UP)
    history = RunReader(directory).read()
    assert history.status == "diverged"
    found = findings(directory)["not-finite"]
    assert found.evidence["first_bad_step"] > 1
    assert found.evidence["layer"] in ("linear1", "relu1", "linear2")
    assert found.evidence["likely_cause"] == "learning rate"
    assert found.request == {"action": "restart", "changes": {"learning_rate": 0.1}}


def test_looking_into_a_nan_changes_nothing(tmp_path: Path) -> None:
    prepared = load_learner(make(tmp_path, **BLOWN_UP))
    training, learner = prepared.training, prepared.training.learner
    first = learner.state_dict()
    for _ in training.slices():
        pass
    broken = learner.state_dict()
    found = where_it_arose(training, prepared.splits["training"], [(0, first)])
    assert found.step == training.diverged_at
    assert all(broken[name].tobytes() == array.tobytes() for name, array in learner.state_dict().items())
    assert where_it_arose(training, prepared.splits["training"], []).part == "weight"  # nothing was saved


def test_the_first_look_leaves_movement_to_be_measured_from_the_epochs_beginning(tmp_path: Path) -> None:
    prepared = load_learner(make(tmp_path, network="softmax", epochs=3))
    training, inspect = prepared.training, prepared.training.inspect
    assert inspect is not None
    begun = inspect.state()["linear1.weight"]
    training.stop_at = 15  # in the middle of an epoch, as a fork may begin
    next(iter(training.slices()))
    history = History(training.config, training.progress.steps_per_epoch)
    surveyed = next(iter(Consultation(training, prepared.splits, list).begin(history)))
    assert isinstance(surveyed, Surveyed)
    assert surveyed.layers[0]["parameters"]["weight"]["change"] > 0
    assert inspect.state()["linear1.weight"].tobytes() == begun.tobytes()


def test_unscaled_inputs_come_first_and_explain_the_nan(tmp_path: Path) -> None:
    directory = trained(tmp_path, **BLOWN_UP | {"scale": "none", "learning_rate": 0.1})
    history = RunReader(directory).read()
    first, *rest = history.summary()["findings"]
    assert (first["rule"], first["severity"]) == ("inputs-not-scaled", "warning")
    assert "not-finite" in [entry["rule"] for entry in rest]
    assert all("inputs-not-scaled" in entry["explained_by"] for entry in rest)
    assert set(first["explains"]) == {entry["rule"] for entry in rest}
    assert history.findings["not-finite"].evidence["likely_cause"] == "unscaled inputs"


def test_a_doctor_that_breaks_hurts_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Doctor, history: Any) -> list[Event]:
        raise RuntimeError("the doctor is ill")

    monkeypatch.setattr(Doctor, "look", broken)
    history = RunReader(trained(tmp_path, **DYING)).read()
    assert (history.status, history.epoch) == ("done", 8)
    assert history.warnings == ["the doctor failed and looks no more: RuntimeError: the doctor is ill"]


def test_with_inspect_off_it_still_reads_data_and_curves(tmp_path: Path) -> None:
    directory = trained(tmp_path, **DYING | {"inspect": False, "scale": "none"})
    assert "inputs-not-scaled" in findings(directory)
    assert b'"inspected"' not in directory.metrics.read_bytes()


def test_metrics_with_inspections_are_the_same_bits_again(tmp_path: Path) -> None:
    def lines(directory: RunDirectory) -> list[dict[str, Any]]:
        kept = [json.loads(line) for line in directory.metrics.read_bytes().splitlines()]
        return [{name: value for name, value in entry.items() if name not in ("at", "seconds")} for entry in kept]

    assert lines(trained(tmp_path / "a", **DYING)) == lines(trained(tmp_path / "b", **DYING))


def test_a_cure_by_a_new_run_is_tried_and_judged(tmp_path: Path) -> None:
    directory = trained(tmp_path, **DYING)
    made = cure(directory, findings(directory)["dead-output-units"], tmp_path)
    assert made.config().network == "softmax"
    assert [event.parent for event in events(made) if isinstance(event, CureTried)] == [directory.id]
    train_run(made.path)
    (verdict,) = RunReader(made).read().summary()["cures"]
    assert (verdict["rule"], verdict["epoch"], verdict["helped"]) == ("dead-output-units", 3, True)


def test_a_cure_on_a_fork_goes_on_from_the_newest_checkpoint(tmp_path: Path) -> None:
    directory = trained(tmp_path, network="softmax", dropout=0.3, dropout_at="none", learning_rate=0.1, epochs=3)
    found = findings(directory)["dropout-not-applied"]
    made = cure(directory, found, tmp_path)
    assert made.config().dropout_at == "input"
    train_run(made.path)
    history = RunReader(made).read()
    assert (history.status, history.epoch) == ("done", 6)
    assert "dropout-not-applied" in history.diagnosis.judged
    assert not history.findings


def test_a_finding_that_no_setting_mends_is_refused(tmp_path: Path) -> None:
    directory = trained(tmp_path, network="softmax", epochs=1)
    found = FindingMade("class-imbalance", 0, 0, "warning", {}, "why", "Add examples.")
    with pytest.raises(SettingError, match="no setting mends that"):
        cure(directory, found, tmp_path)


def test_a_run_that_should_stop_is_asked_to_or_says_that_it_is_over(tmp_path: Path) -> None:
    directory = trained(tmp_path, network="softmax", epochs=2)
    found = FindingMade("overfitting", 2, 60, "warning", {}, "why", "Stop.", stop())
    with pytest.raises(SettingError, match="the run is over; its best checkpoint is that of epoch"):
        cure(directory, found, tmp_path)
    with RunLock(directory):
        assert cure(directory, found, tmp_path) == directory
    asked = json.loads(directory.requests.read_text())
    assert (asked["action"], asked["save"]) == ("stop", True)


def test_the_subcommand_prints_findings_as_text_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = trained(tmp_path, **DYING)
    assert main(["doctor", directory.id, "--runs", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "error: dead-output-units, since epoch" in text
    assert main(["doctor", directory.id, "--runs", str(tmp_path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["findings"][0]["rule"] == "dead-output-units"
    assert shown["run"] == directory.id


def test_show_prints_settings_accuracies_what_happened_and_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = trained(tmp_path, **DYING)
    capsys.readouterr()
    assert main(["show", directory.id, "--runs", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    found = findings(directory)["dead-output-units"]
    assert text.startswith("the same again: tui-trainer --batch --preset assignment-1 ")
    assert "--optimizer adam" in text
    assert "validation" in text
    assert f"epoch {found.epoch}: dead-output-units" in text
    assert f"  {found.why}" in text


def test_of_a_run_whose_trainer_was_killed_it_says_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = trained(tmp_path, network="softmax", epochs=1)
    kept = [line for line in directory.events.read_bytes().splitlines(True) if b'"ended"' not in line]
    directory.events.write_bytes(b"".join(kept))
    capsys.readouterr()
    for command in ("doctor", "show"):
        assert main([command, directory.id, "--runs", str(tmp_path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["status"] == "interrupted"


def test_a_rule_that_fails_is_named_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(case: Case) -> Finding:
        raise ZeroDivisionError("nothing to divide by")

    directory = trained(tmp_path, network="softmax", epochs=1)
    capsys.readouterr()
    monkeypatch.setattr(examine, "OWN", (rule("theirs", "note", "")(broken),))
    assert main(["doctor", directory.id, "--runs", str(tmp_path), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "doctor: rule theirs failed and is left out: ZeroDivisionError: nothing to divide by\n"
    assert json.loads(printed.out)["findings"] == []


def test_the_subcommand_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 24
    assert main(["doctor", "--rules", "--json"]) == 0
    assert {entry["rule"] for entry in json.loads(capsys.readouterr().out)} >= {"dead-output-units", "plateau"}


def test_the_subcommand_refuses_a_cure_of_what_does_not_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = trained(tmp_path, network="softmax", epochs=1)
    assert main(["doctor", directory.id, "--runs", str(tmp_path), "--cure", "plateau"]) == 2
    assert capsys.readouterr().err == "tui-trainer: plateau does not hold: choose from no finding\n"


def test_a_change_away_from_what_was_advised_is_no_try_of_it() -> None:
    finding = FindingMade("plateau", 1, 10, "warning", {}, "why", "cure", live(learning_rate=0.1))
    for new, steps in ((0.05, [20]), (0.2, [20]), (0.005, []), (0.01, [])):
        history = History(RunConfig(), 10)
        history.add(finding)
        history.add(SettingChanged("learning_rate", 0.01, new, 2, 20))
        assert [event.step for event in tried(history) if isinstance(event, CureTried)] == steps
