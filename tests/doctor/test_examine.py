"""The doctor says each thing once, causes first, hears when it is over, and cannot hurt a run."""

import math
import re
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tui_trainer.config import RunConfig
from tui_trainer.doctor import Case, Doctor, Finding, Rule, examine, load_rules, ranked, rule
from tui_trainer.events import (
    CureJudged,
    CureTried,
    EpochMeasured,
    FindingMade,
    FindingResolved,
    SettingChanged,
    Warned,
)
from tui_trainer.history import History
from tui_trainer.lines import from_line, to_line

NAMES = (
    *("dead-output-units", "dead-hidden-units", "exploding", "not-finite", "vanishing-gradient"),
    *("saturated-activations", "learning-rate-too-high", "learning-rate-too-low", "not-learning", "plateau"),
    *("overfitting", "overtraining", "underfitting", "poor-initial-weights", "frozen-layer", "inputs-not-scaled"),
    *("inputs-not-shuffled", "class-imbalance", "noisy-labels", "dropout-too-high", "dropout-not-applied"),
    *("leaked-validation", "batch-too-large", "constant-prediction"),
)


def history_at(epoch: int, error: float = 0.5) -> History:
    history = History(RunConfig(epochs=50), steps_per_epoch=10)
    for number in range(1, epoch + 1):
        history.add(EpochMeasured(number, number * 10, 1.0, error, 1.0, error, 0.01, float(number)))
    return history


def further(history: History, error: float = 0.5) -> History:
    number = history.epoch + 1
    history.add(EpochMeasured(number, number * 10, 1.0, error, 2 * error, error, 0.01, float(number)))
    return history


def made(name: str, check: Any, explains: tuple[str, ...] = (), severity: str = "warning") -> Rule:
    return rule(name, severity, "", explains)(check)


def finding(request: dict[str, Any] | None = None, **evidence: Any) -> Finding:
    return Finding(evidence, "why", "cure", request)


def look(doctor: Doctor, history: History) -> list[Any]:
    said = doctor.look(history)
    for event in said:
        history.add(event)
    return said


def test_the_rules_are_those_that_were_asked_for_and_explain_rules_that_there_are() -> None:
    rules, problems = load_rules()
    assert sorted(found.name for found in rules) == sorted(NAMES)
    assert not problems
    for found in rules:
        assert set(found.explains) <= set(NAMES)
        assert found.name not in found.explains
        assert re.fullmatch(r"[a-z][^.\n]{10,120}", found.summary)


def test_no_two_rules_explain_each_other() -> None:
    rules = {found.name: found for found in load_rules()[0]}
    for found in rules.values():
        assert not [other for other in found.explains if found.name in rules[other].explains], found.name


def test_a_finding_is_said_once_and_again_when_it_names_other_things() -> None:
    units = [1]
    doctor = Doctor([made("dead", lambda case: finding(units=list(units), share=case.epoch / 7))])
    history = history_at(1)
    assert [event.evidence["units"] for event in look(doctor, history)] == [[1]]
    assert look(doctor, further(history)) == []  # only a number changed
    units.append(2)
    assert [event.evidence["units"] for event in look(doctor, further(history))] == [[1, 2]]


def test_it_is_over_only_when_it_was_missed_twice_in_a_row() -> None:
    ill = [True, False, True, False, False]
    doctor = Doctor([made("flickering", lambda case: finding() if ill[case.epoch - 1] else None)])
    history = history_at(1)
    said = [look(doctor, history), *(look(doctor, further(history)) for _ in range(4))]
    assert [[type(event) for event in events] for events in said] == [[FindingMade], [], [], [], [FindingResolved]]
    assert not history.findings


def test_what_comes_and_goes_is_said_less_and_less_often_and_is_over_in_the_end() -> None:
    doctor = Doctor([made("flickering", lambda case: finding() if case.epoch % 4 == 1 and case.epoch < 400 else None)])
    history = history_at(1)
    said = [(history.epoch, event) for event in look(doctor, history)]
    while history.epoch < 500:
        further(history)
        said += [(history.epoch, event) for event in look(doctor, history)]
    assert [epoch for epoch, event in said if isinstance(event, FindingMade)] == [1, 5]
    assert [epoch for epoch, event in said if isinstance(event, FindingResolved)] == [3, 397 + 4]
    assert not history.findings


def test_a_cause_comes_first_and_what_it_explains_is_a_note() -> None:
    symptom = made("symptom", lambda case: finding())
    cause = made("cause", lambda case: finding(), explains=("symptom", "absent"))
    said = look(Doctor([symptom, cause]), history_at(1))
    assert [(e.rule, e.severity, e.explains) for e in said] == [
        ("cause", "warning", ["symptom"]),
        ("symptom", "note", []),
    ]


def test_a_cause_that_is_found_later_explains_what_was_said_before() -> None:
    symptom = made("symptom", lambda case: finding())
    cause = made("cause", lambda case: finding() if case.epoch == 2 else None, explains=("symptom",))
    history = history_at(1)
    doctor = Doctor([symptom, cause])
    look(doctor, history)
    look(doctor, further(history))
    assert [found["rule"] for found in history.summary()["findings"]] == ["cause", "symptom"]


def test_an_error_stays_one_when_it_is_explained_and_its_cause_knows_of_it_until_it_is_over() -> None:
    ill = [False, True, True, False, False]
    symptom = made("symptom", lambda case: finding() if ill[case.epoch - 1] else None, severity="error")
    cause = made("cause", lambda case: finding(), explains=("symptom",))
    doctor, history = Doctor([symptom, cause]), history_at(1)
    look(doctor, history)
    (said,) = look(doctor, further(history))
    assert (said.severity, said.explained_by) == ("error", ["cause"])
    assert [found["explains"] for found in history.summary()["findings"]] == [["symptom"], []]
    for _ in range(3):
        look(doctor, further(history))
    assert [found["explains"] for found in history.summary()["findings"]] == [[]]


def test_what_is_found_later_to_explain_it_makes_a_note_of_a_warning_and_its_end_a_warning_again() -> None:
    holds = [False, True, True, False, False, False]
    symptom = made("symptom", lambda case: finding())
    cause = made("cause", lambda case: finding() if holds[case.epoch - 1] else None, explains=("symptom",))
    doctor, history, seen = Doctor([symptom, cause]), history_at(1), []
    for epoch in range(1, 7):
        said = look(doctor, history if epoch == 1 else further(history))
        found = history.findings["symptom"]
        seen.append((found.severity, found.explained_by, [e.rule for e in said if isinstance(e, FindingMade)]))
    assert seen[0] == ("warning", [], ["symptom"])
    assert seen[1] == ("note", ["cause"], ["cause"])  # the symptom is not said again, it is only known better
    assert seen[2:4] == [("note", ["cause"], []), ("note", ["cause"], [])]
    assert seen[4] == ("note", [], [])  # in the look that finds the cause to be over
    assert seen[5] == ("warning", [], ["symptom"])  # the cause was missed twice, and is over: now it stands for itself


def test_causes_are_ranked_by_how_bad_they_are_and_a_circle_does_not_hang() -> None:
    def event(name: str, severity: str, explains: list[str]) -> FindingMade:
        return FindingMade(name, 1, 1, severity, {}, "", "", None, explains)

    circle = [event("a", "note", ["b"]), event("b", "note", ["a"])]
    assert {found.rule for found in ranked(circle)} == {"a", "b"}
    two = [event("mild", "warning", []), event("bad", "error", ["mild2"]), event("mild2", "note", [])]
    assert [found.rule for found in ranked(two)] == ["bad", "mild", "mild2"]


def test_a_rule_that_raises_is_named_in_one_line_left_out_and_the_others_go_on() -> None:
    def broken(case: Case) -> Finding:
        raise ZeroDivisionError("nothing to divide by")

    doctor = Doctor([made("broken", broken), made("whole", lambda case: finding())])
    history = history_at(1)
    doctor_said = [*look(doctor, history), *look(doctor, further(history)), *look(doctor, further(history))]
    warned = [event.message for event in doctor_said if isinstance(event, Warned)]
    assert warned == ["doctor: rule broken failed and is left out: ZeroDivisionError: nothing to divide by"]
    assert [event.rule for event in doctor_said if isinstance(event, FindingMade)] == ["whole"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda case: finding(n=math.nan), "ValueError: Out of range float values are not JSON compliant"),
        (lambda case: finding(n=np.float32(1.5)), "TypeError: Object of type float32 is not JSON serializable"),
        (lambda case: "it is ill", "TypeError: it gave a str, not a Finding or None"),
        (lambda case: finding({"changes": {}}), "ValueError: a request must have an action (set, stop, fork, restart)"),
        (lambda case: Finding({}, "", "", None, "fatal"), "ValueError: severity must be one of note, warning, error"),
    ],
    ids=["NaN", "a NumPy number", "a string", "a request without action", "an unknown severity"],
)
def test_what_cannot_be_written_down_leaves_a_rule_out_and_nothing_else(given: Any, says: str) -> None:
    doctor, history = Doctor([made("theirs", given), made("whole", lambda case: finding())]), history_at(1)
    said = [*look(doctor, history), *look(doctor, further(history))]
    (warned,) = [event.message for event in said if isinstance(event, Warned)]
    assert warned.startswith(f"doctor: rule theirs failed and is left out: {says}")
    assert [event.rule for event in said if isinstance(event, FindingMade)] == ["whole"]


def test_a_new_run_with_the_same_settings_is_not_asked_for() -> None:
    def asking(name: str, action: str, **changes: Any) -> Rule:
        return made(name, lambda case: finding({"action": action, "changes": changes}))

    rules = [asking("same", "restart", init="unit-norm"), asking("other", "restart", init="he"), asking("end", "stop")]
    said = look(Doctor(rules), history_at(1))
    assert [(event.rule, event.request is not None) for event in said] == [
        ("same", False),
        ("other", True),
        ("end", True),
    ]


def test_a_third_party_adds_a_rule_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint(n, f"tests_doctor_plugin:{n}", examine.GROUP) for n in ("theirs", "no_rule", "absent")]
    theirs = made("theirs", lambda case: finding())
    attributes = {"theirs": theirs, "no_rule": "text"}

    def load(self: EntryPoint) -> Any:
        if self.name not in attributes:
            raise ImportError("no module")
        return attributes[self.name]

    monkeypatch.setattr(EntryPoint, "load", load)
    monkeypatch.setattr(examine, "entry_points", lambda group: points if group == "tui_trainer.doctor_rules" else [])
    rules, problems = load_rules()
    assert theirs in rules
    assert [line.partition(":")[2] for line in problems] == [
        " rule no_rule is no tui_trainer.doctor.Rule",
        " rule absent cannot be loaded: no module",
    ]


def test_findings_and_verdicts_survive_the_file() -> None:
    event = FindingMade(
        "r", 1, 2, "note", {"n": 1.5, "list": [1]}, "why", "cure", {"action": "set", "changes": {}}, ["x"]
    )
    for said in (event, CureTried("r", 1, 2, {"a": 1}, {"validation_error": 0.1}), CureJudged("r", 1, 2, True, {}, {})):
        assert from_line(to_line(said)) == said


@pytest.mark.parametrize(("mends", "error", "helped"), [(True, 0.1, True), (False, 0.1, False), (True, 0.9, False)])
def test_a_live_cure_is_noted_and_judged_three_epochs_later(mends: bool, error: float, helped: bool) -> None:
    request = {"action": "set", "changes": {"learning_rate": 0.001}}
    rate = {"now": 0.01}
    ill = made("ill", lambda case: finding(request) if rate["now"] == 0.01 or not mends else None)
    doctor, history = Doctor([ill]), history_at(2)
    look(doctor, history)
    rate["now"] = 0.001
    history.add(SettingChanged("learning_rate", 0.01, 0.001, 2, 20))
    said = [look(doctor, further(history, error)) for _ in range(5)]
    flat = [event for events in said for event in events]
    assert [type(event) for event in said[0]] == [CureTried]
    verdicts = [event for event in flat if isinstance(event, CureJudged)]
    assert [(event.epoch, event.helped) for event in verdicts] == [(5, helped)]
    assert history.summary()["cures"][0]["helped"] == helped


@pytest.mark.parametrize(("error", "helped"), [(0.21, False), (0.19, True)])
def test_a_run_that_gets_better_at_its_old_pace_was_not_helped(error: float, helped: bool) -> None:
    request = {"action": "set", "changes": {"learning_rate": 0.001}}
    rate = {"now": 0.01}
    doctor = Doctor([made("ill", lambda case: finding(request) if rate["now"] == 0.01 else None)])
    history = history_at(2, 0.8)
    for _ in range(3):
        further(history, 0.4)  # halved in three epochs: 0.2 in another three
    look(doctor, history)
    rate["now"] = 0.001
    history.add(SettingChanged("learning_rate", 0.01, 0.001, 5, 50))
    said = [event for _ in range(4) for event in look(doctor, further(history, error))]
    assert [event.helped for event in said if isinstance(event, CureJudged)] == [helped]


def test_a_change_of_another_setting_is_no_cure() -> None:
    request = {"action": "set", "changes": {"learning_rate": 0.001}}
    doctor, history = Doctor([made("ill", lambda case: finding(request))]), history_at(2)
    look(doctor, history)
    history.add(SettingChanged("dropout", 0.0, 0.1, 2, 20))
    assert look(doctor, further(history)) == []


def test_what_a_case_is_of_a_run_with_a_changed_setting() -> None:
    history = history_at(3)
    history.add(SettingChanged("learning_rate", 0.01, 0.1, 3, 30))
    case = examine.case_of(further(further(history)))
    assert (case.epoch, case.steady, case.setting("learning_rate"), len(case.training_loss)) == (5, 2, 0.1, 5)
    assert replace(case, rates=()).learning_rate == 0.1


def test_a_case_of_a_long_run_has_its_newest_epochs_and_knows_the_greatest_rate() -> None:
    history = History(RunConfig(epochs=2000), steps_per_epoch=10)
    for number in range(1, 1201):
        history.add(EpochMeasured(number, number * 10, 1.0, 0.5, 1.0, 0.5, 1 / number, float(number)))
    case = examine.case_of(history)
    assert len(case.training_loss) == case.steady == 500
    assert (case.rates[0], case.rates[-1]) == (1.0, 1 / 1200)


def test_every_rule_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text("utf-8")
    assert all(f"`{name}`" in text for name in NAMES)
