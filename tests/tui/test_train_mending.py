"""What the doctor advises can be done by a key, and what came of it is said; a refused request is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from driving import LARGE, MakeApp, press, script, settle, text
from scripted import RUN, T0, dead_classes, ended, epochs

from tui_trainer.events import CureJudged, CureTried, FindingMade, RequestRefused
from tui_trainer.tui.mending import how
from tui_trainer.tui.panels.frame import KeyBar
from tui_trainer.tui.panels.notices import notices
from tui_trainer.tui.panels.pick import PickOne
from tui_trainer.tui.trainers import Trainers

MENDED = Path("runs/20261123-160000-aaaa")
DEAD = replace(dead_classes(), request={"action": "restart", "changes": {"network": "softmax"}})
RATE = replace(DEAD, rule="learning-rate-too-high", request={"action": "set", "changes": {"learning_rate": 0.001}})
TOLD = CureTried("learning-rate-too-high", 5, 4685, {"learning_rate": 0.001}, {"validation_error": 0.3}, at=T0 + 20)


def keep_cures(app: Any, cured: Path) -> list[str]:
    """The rules that are mended from here on; the cured run is this one."""
    asked: list[str] = []

    def cure(directory: Path, finding: FindingMade, runs: Path) -> Path:
        asked.append(finding.rule)
        return cured

    app.bench.trainers.cure = cure
    return asked


async def test_d_asks_and_begins_the_run_that_the_doctor_advises(make_app: MakeApp) -> None:
    app = make_app([*epochs(12), DEAD])
    asked = keep_cures(app, MENDED)
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "Mend" in text(app, KeyBar)
        await press(pilot, "d")
        assert isinstance(app.screen, PickOne)
        await press(pilot, "enter")
        assert asked == ["dead-classes"]
        assert script(app).requests == [("stop", {"save": True})]  # of the run that went wrong
        assert app.bench.directory == MENDED


async def test_a_live_change_stays_with_the_run(make_app: MakeApp) -> None:
    app = make_app([*epochs(12), RATE])
    asked = keep_cures(app, RUN)
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "d", "enter")
        assert asked == ["learning-rate-too-high"]
        assert script(app).requests == []
        assert app.bench.directory == RUN


async def test_cancel_changes_nothing(make_app: MakeApp) -> None:
    app = make_app([*epochs(12), RATE])
    asked = keep_cures(app, RUN)
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "d", "down", "enter")
        await press(pilot, "d", "escape")
        assert asked == []


async def test_without_a_finding_that_a_setting_mends_there_is_no_such_key(make_app: MakeApp) -> None:
    app = make_app([*epochs(12), dead_classes()])
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "Mend" not in text(app, KeyBar)
        await press(pilot, "d")
        assert not isinstance(app.screen, PickOne)


async def test_what_cannot_be_mended_is_said(make_app: MakeApp) -> None:
    app = make_app([*epochs(12), DEAD, ended("done", 12)])

    def cure(directory: Path, finding: FindingMade, runs: Path) -> Path:
        raise ValueError("the data is gone\x1b[31m")

    app.bench.trainers.cure = cure
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await press(pilot, "d", "enter")
        (said,) = app._notifications
        assert said.message == r"the data is gone\x1b[31m"


@pytest.mark.parametrize(
    ("asked", "living", "words"),
    [
        ({"action": "set", "changes": {"learning_rate": 0.001}}, True, "set learning rate 0.001, now"),
        (
            {"action": "set", "changes": {"learning_rate": 0.001}},
            False,
            "branch from the newest checkpoint with learning rate 0.001",
        ),
        (
            {"action": "restart", "changes": {"network": "softmax", "dropout": 0.2}},
            True,
            "begin anew with network softmax, dropout 0.2; this run is stopped and saved",
        ),
    ],
)
def test_each_cure_is_told_before_it_is_done(asked: dict[str, Any], living: bool, words: str) -> None:
    assert how(replace(DEAD, request=asked), living) == words


async def test_a_cure_is_followed_up(make_app: MakeApp) -> None:
    app = make_app([*epochs(12), TOLD])
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert (
            "note",
            "learning-rate-too-high: tried learning rate 0.001; whether it helps is seen in a few epochs",
        ) in (notices(app.bench))
        before, after = {"validation_error": 0.3}, {"validation_error": 0.125}
        reader = script(app).reader
        assert reader is not None
        reader.say(CureJudged("learning-rate-too-high", 15, 14055, True, before, after, at=T0 + 40))
        await settle(pilot)
        helped = "learning-rate-too-high: learning rate 0.001 helped: best validation error 30.00% before, 12.50% since"
        assert ("note", helped) in notices(app.bench)


async def test_a_refused_request_is_told_once_and_an_old_one_not_at_all(make_app: MakeApp) -> None:
    app = make_app([*epochs(3), RequestRefused("1", "an old story", at=T0 + 9)])
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert not list(app._notifications)
        reader = script(app).reader
        assert reader is not None
        reader.say(RequestRefused("2", "momentum: sgd has none", at=T0 + 10))
        await settle(pilot)
        await settle(pilot)
        assert [said.message for said in app._notifications] == ["momentum: sgd has none"]


def test_the_real_trainers_cure_by_a_new_run_whose_trainer_starts(tmp_path: Path, monkeypatch: Any) -> None:
    from tui_trainer import run
    from tui_trainer.config import RunConfig
    from tui_trainer.store import RunDirectory

    small = RunConfig(train_examples=100, validation_examples=50, epochs=1)
    launched: list[Path] = []
    monkeypatch.setattr(run, "launch", lambda path, **_: launched.append(path))
    sick = run.create(small, tmp_path)
    cured = Trainers().cure(sick, DEAD, tmp_path)
    assert launched == [cured]
    assert RunDirectory(cured).config().network == "softmax"
    launched.clear()
    assert Trainers().cure(sick, replace(RATE, request={"action": "restart", "changes": {"seed": 5}}), tmp_path) != sick
    assert len(launched) == 1
