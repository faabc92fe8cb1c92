"""Duel, the screen: scripted rounds, and one real process."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_app import LARGE, SIZE_NAMES, SIZES, SMALL, app_over, keys, settled

from tui_trainer.config import RunConfig, resolve
from tui_trainer.duel import Measured, Round
from tui_trainer.tui.duels import DuelProcess, Said
from tui_trainer.tui.panels.duelling import DuelState, figures, verdict
from tui_trainer.tui.screens.duel import DuelScreen

Compare = Callable[..., bool]


class ScriptedDuel:
    """Stands in for the process: says nothing by itself."""

    made: list["ScriptedDuel"]

    def __init__(self, config: RunConfig, said: Said) -> None:
        self.config, self.said, self.stopped = config, said, False
        self.made.append(self)

    def stop(self) -> None:
        """Remembered."""
        self.stopped = True


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> list[ScriptedDuel]:
    """Duels that a test speaks for."""
    ScriptedDuel.made = []
    monkeypatch.setattr("tui_trainer.tui.screens.duel.DuelProcess", ScriptedDuel)
    return ScriptedDuel.made


def round_of(epoch: int, weights: float = 1e-8) -> Round:
    """A plausible round, a pure function of its number."""
    if epoch == 0:
        return Round(0, 0.0, "linear1.weight", 0.0)
    loss = 1.9 * math.exp(-epoch / 8) + 0.25
    sides = {
        "scratch": Measured(loss, loss / 4, loss * 1.05, loss / 3.8, 0.092, 108 * 2**20),
        "pytorch": Measured(loss, loss / 4, loss * 1.05, loss / 3.8, 0.203, 606 * 2**20),
    }
    return Round(epoch, weights * epoch**0.5, "linear1.weight", 4e-8 * (2 + math.sin(epoch)), sides)


def hears(*said: Round | str | None) -> Callable[[Any], Any]:
    """Open the screen, start a duel, and let it say these."""

    async def run(pilot: Any) -> None:
        await keys("6", "s")(pilot)
        for found in said:
            duel_of(pilot)._hear(found)
        await settled(pilot)

    return run


def duel_of(pilot: Any) -> DuelScreen:
    """The screen that is seen."""
    assert isinstance(pilot.app.screen, DuelScreen)
    return pilot.app.screen


@pytest.mark.usefixtures("scripted")
class TestPictures:
    """What it looks like."""

    @pytest.mark.parametrize(("size", "ascii"), SIZES, ids=SIZE_NAMES)
    def test_twenty_epochs(self, snap_compare: Compare, tmp_path: Path, size, ascii) -> None:
        app = app_over(None, tmp_path, ascii=ascii)
        said = [round_of(epoch) for epoch in range(21)]
        assert snap_compare(app, terminal_size=size, run_before=hears(*said, None))

    def test_before_it_starts(self, snap_compare: Compare, tmp_path: Path) -> None:
        assert snap_compare(app_over(None, tmp_path), terminal_size=SMALL, run_before=keys("6"))

    def test_a_failure(self, snap_compare: Compare, tmp_path: Path) -> None:
        said = "engine: PyTorch is not installed: pip install torch"
        assert snap_compare(app_over(None, tmp_path), terminal_size=SMALL, run_before=hears(said))


class TestKeys:
    """Starting and stopping."""

    async def test_it_fights_over_the_settings_of_the_train_screen(self, scripted, tmp_path: Path) -> None:
        app = app_over(None, tmp_path)
        app.bench.config = resolve({"epochs": 7, "network": "mlp"})
        async with app.run_test(size=LARGE) as pilot:
            await hears(round_of(0), round_of(1))(pilot)
            assert scripted[0].config == app.bench.config
            assert duel_of(pilot).state.status == "training"
            await keys("x")(pilot)
            assert scripted[0].stopped
            assert duel_of(pilot).state.status == "stopped"
            await keys("s")(pilot)
            assert len(scripted) == 2
            assert duel_of(pilot).state.rounds == []

    async def test_it_ends_with_the_app(self, scripted, tmp_path: Path) -> None:
        async with app_over(None, tmp_path).run_test(size=SMALL) as pilot:
            await hears(round_of(0))(pilot)
        assert scripted[0].stopped


class TestState:
    """Words for what was said."""

    def test_the_verdict_follows_the_difference(self) -> None:
        state = DuelState(resolve({}), status="starting")
        assert "Loading" in verdict(state)
        for said, words in ((round_of(0), "same bits"), (round_of(1), "rounding of float32")):
            state.hear(said)
            assert words in verdict(state)
        for weights, words in ((1e-4, "grown from step to step"), (0.5, "turned some step")):
            state.hear(round_of(2, weights))
            assert words in verdict(state)
        state.hear(None)
        assert state.status == "done"

    def test_figures_show_the_median_time_and_the_last_memory(self) -> None:
        state = DuelState(resolve({}))
        for epoch in range(4):
            state.hear(round_of(epoch))
        rows = figures(state)
        assert rows[1][0] == "scratch"
        assert rows[1][4:] == ("0.092", "0.28 s", "108 MB")


def test_a_real_process_is_heard_and_can_be_stopped(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves nothing behind."""
    import queue

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    heard: queue.Queue[Round | str | None] = queue.Queue()
    process = DuelProcess(resolve({"network": "softmax", "data": str(small_mnist), "epochs": 500}), heard.put)
    first = heard.get(timeout=120)
    assert isinstance(first, Round)
    assert first.weights == 0
    assert list(tmp_path.iterdir())
    process.stop()
    assert not list(tmp_path.iterdir())


def test_a_real_process_says_what_is_wrong(tmp_path: Path) -> None:
    import queue

    heard: queue.Queue[Round | str | None] = queue.Queue()
    DuelProcess(resolve({"data": str(tmp_path)}), heard.put)
    said = heard.get(timeout=120)
    assert isinstance(said, str)
    assert str(tmp_path) in said
