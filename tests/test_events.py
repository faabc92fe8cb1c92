"""Events: what is written is strict JSON, and comes back as it was."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.events import Ended, EpochMeasured, FindingMade, SettingChanged, SliceMeasured, Started
from tui_trainer.lines import KINDS, LARGEST, from_line, to_line

number = st.floats(allow_nan=True, allow_infinity=True)
whole = st.integers(-LARGEST, LARGEST)
times = st.floats(-LARGEST, LARGEST)
events = st.one_of(
    st.builds(SliceMeasured, whole, whole, number, number, number, at=times),
    st.builds(Ended, st.text(), whole, whole, st.text()),
    st.builds(Started, whole, st.text(), notes=st.lists(st.text())),
    st.builds(SettingChanged, st.text(), number, number, whole, whole),
)


def same(a: object, b: object) -> bool:
    return repr(a) == repr(b)


@given(events)
def test_an_event_survives_its_line(event) -> None:
    line = to_line(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert same(from_line(line), event)


def test_what_is_not_finite_is_null_with_a_note() -> None:
    record = json.loads(to_line(EpochMeasured(1, 2, math.nan, 0.5, math.inf, 0.5, 0.01, 1.0)))
    assert record["training_loss"] is None
    assert record["nonfinite"] == {"training_loss": "nan", "validation_loss": "inf"}


def test_what_is_not_finite_inside_evidence_is_null_too() -> None:
    made = FindingMade("exploding", 1, 2, "error", {"norms": [1.0, math.inf]}, "why", "cure")
    assert json.loads(to_line(made))["evidence"] == {"norms": [1.0, None]}


@given(st.binary())
def test_any_line_is_an_event_or_nothing(line: bytes) -> None:
    event = from_line(line)
    assert event is None or type(event) in KINDS.values()


def test_a_newer_kind_or_field_is_passed_over() -> None:
    assert from_line(b'{"kind": "teleported", "at": 1}') is None
    assert from_line(b'{"kind": "paused", "epoch": 1, "step": 2, "colour": "red"}') is not None
    assert from_line(b'{"kind": "paused", "epoch": 1}') is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "yesterday"),
        ("at", [1]),
        ("at", 1e300),
        ("at", float("inf")),
        ("epoch", 10**400),
        ("epoch", 1.5),
        ("epoch", True),
        ("loss", "low"),
        ("loss", 10**400),
        ("loss", {}),
    ],
)
def test_a_line_whose_values_cannot_be_is_no_event(field: str, value: object) -> None:
    whole = {"kind": "slice-measured", "at": 1, "epoch": 1, "step": 2, "loss": 1.0, "error": 0.5, "seconds": 1.0}
    assert from_line(json.dumps(whole).encode()) is not None
    assert from_line(json.dumps(whole | {field: value}).encode()) is None


def test_a_number_that_is_null_is_not_a_number() -> None:
    line = b'{"kind": "slice-measured", "epoch": 1, "step": 2, "loss": null, "error": null, "seconds": 1}'
    event = from_line(line.replace(b"}", b', "nonfinite": {"loss": "inf", "error": []}}'))
    assert isinstance(event, SliceMeasured)
    assert event.loss == math.inf
    assert math.isnan(event.error)
