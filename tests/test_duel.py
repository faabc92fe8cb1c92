"""A duel is fought by two real processes; what it says is computed a second time in this one."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import load_engine
from engines.config import OptimizerConfig
from tui_trainer import data
from tui_trainer.cli import main
from tui_trainer.config import RunConfig, resolve
from tui_trainer.data import epoch_order
from tui_trainer.duel import DuelError, Measured, Round, duel, from_line, to_line
from tui_trainer.duel.match import _Side, largest_difference
from tui_trainer.exit_codes import DIVERGED
from tui_trainer.settings import SettingError


def small(folder: Path, **changes) -> RunConfig:
    """Twenty steps an epoch."""
    return resolve({"data": str(folder), "epochs": 2, "network": "mlp", "hidden": "16", "init": "he", **changes})


@pytest.fixture(scope="module")
def with_dropout(small_mnist: Path) -> tuple[RunConfig, list[Round]]:
    """A duel with dropout on, which both engines draw alike."""
    config = small(small_mnist, dropout=0.5, dropout_at="hidden", optimizer="momentum")
    return config, list(duel(config))


class TestBothEngines:
    """Real processes."""

    def test_they_start_from_the_same_bits_and_stay_together_with_dropout_on(self, with_dropout) -> None:
        _, rounds = with_dropout
        assert [found.epoch for found in rounds] == [0, 1, 2]
        assert rounds[0].weights == 0.0
        for found in rounds[1:]:
            assert 0 < found.weights < 1e-5
            assert 0 < found.loss < 1e-5

    def test_the_differences_are_those_of_two_learners_in_one_process(self, with_dropout) -> None:
        config, rounds = with_dropout
        splits = data.load(config).splits
        order = epoch_order(config.seed, 1, 640)
        states, losses = [], []
        for name in ("scratch", "pytorch"):
            optimizer = OptimizerConfig("momentum", config.learning_rate, config.momentum)
            learner = load_engine(name).build(config.network_config, optimizer, splits=splits, seed=config.seed)
            losses.append(learner.train(order, 32).losses)
            states.append(learner.state_dict())
        names = [name for name in states[0] if not name.startswith(("optimizer.", "random."))]
        differences = {name: np.abs(states[0][name] - states[1][name]).max() for name in names}
        assert rounds[1].weights == pytest.approx(max(differences.values()), rel=1e-6)
        assert rounds[1].parameter == max(differences, key=lambda name: differences[name])
        assert rounds[1].loss == pytest.approx(np.abs(losses[0] - losses[1]).max(), rel=1e-6)
        assert rounds[1].sides["scratch"].training_loss == pytest.approx(losses[0].mean())

    def test_each_side_says_what_it_cost(self, with_dropout) -> None:
        _, rounds = with_dropout
        for found in rounds[1:]:
            for side in found.sides.values():
                assert side.seconds > 0
                assert side.memory is not None
                assert side.memory > 20 * 2**20

    def test_the_command_prints_strict_json(self, small_mnist: Path, capsys: pytest.CaptureFixture) -> None:
        flags = ["--network", "softmax", "--data", str(small_mnist), "--epochs", "1", "--json"]
        assert main(["duel", *flags]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["initial_weights"] == 0
        assert found["largest_weight_difference"] < 1e-6
        assert set(found["engines"]) == {"scratch", "pytorch"}
        assert [r["epoch"] for r in found["rounds"]] == [0, 1]


class TestWhatGoesWrong:
    """One line, and no process left behind."""

    def test_a_side_that_dies_is_named(self, small_mnist: Path, tmp_path: Path) -> None:
        with _Side(small(small_mnist).replace(engine="scratch"), tmp_path) as side:
            side.answer()
            side._process.kill()
            with pytest.raises(DuelError, match="scratch: its process ended"):
                side.train_epoch()

    def test_a_loss_that_is_not_finite_ends_it_in_words(self, small_mnist: Path, tmp_path: Path) -> None:
        config = small(small_mnist, engine="scratch", loss="mean-squared-error", learning_rate=1e30)
        with _Side(config, tmp_path) as side:
            side.answer()
            with pytest.raises(DuelError, match="not finite at step"):
                side.train_epoch()

    def test_a_duel_that_diverges_has_the_exit_code_of_a_run_that_does(
        self, small_mnist: Path, capsys: pytest.CaptureFixture
    ) -> None:
        flags = ["--loss", "mean-squared-error", "--learning-rate", "1e30", "--on-divergence", "continue"]
        assert main(["duel", "--data", str(small_mnist), "--epochs", "1", *flags]) == DIVERGED
        assert "not finite at step" in capsys.readouterr().err

    def test_what_cannot_be_is_said_before_a_process_starts(self, small_mnist: Path) -> None:
        with pytest.raises(SettingError, match="dropout"):
            next(duel(small(small_mnist, network="softmax", dropout=0.5, dropout_at="hidden")))

    @pytest.mark.parametrize(
        ("engines", "words"),
        [("scratch", "two different"), ("scratch,scratch", "two different"), ("scratch,torch", "did you mean pytorch")],
    )
    def test_it_takes_two_different_engines(self, engines: str, words: str, capsys: pytest.CaptureFixture) -> None:
        assert main(["duel", "--engines", engines]) == 2
        assert words in capsys.readouterr().err

    def test_leaving_it_ends_both_processes(self, small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        begun = []
        enter = _Side.__enter__
        monkeypatch.setattr(_Side, "__enter__", lambda side: begun.append(side) or enter(side))
        fight = duel(small(small_mnist, epochs=100), ("scratch", "pytorch"))
        next(fight)
        fight.close()
        assert len(begun) == 2
        assert all(side._process.poll() is not None for side in begun)


numbers = st.floats(allow_nan=False)
measures = st.builds(Measured, numbers, numbers, numbers, numbers, st.floats(0, 1e6), st.none() | st.integers(0, 2**40))
rounds = st.builds(
    Round,
    st.integers(0, 10**6),
    numbers,
    st.text(),
    numbers,
    st.dictionaries(st.text(min_size=1), measures, max_size=3),
)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


class TestLines:
    """A round as a line of JSON."""

    @given(rounds)
    def test_a_round_survives_as_a_line_and_infinity_becomes_nan(self, found: Round) -> None:
        line = to_line(found)
        assert "\n" not in line
        json.loads(line, parse_constant=refuse)
        back = from_line(line)
        assert (back.epoch, back.parameter, set(back.sides)) == (found.epoch, found.parameter, set(found.sides))
        assert back.weights == found.weights or (math.isnan(back.weights) and math.isinf(found.weights))

    @given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
    def test_anything_else_is_refused(self, value) -> None:
        with pytest.raises(ValueError):
            from_line(json.dumps(value))

    def test_arrays_differ_infinitely_where_one_is_not_finite(self) -> None:
        assert largest_difference(np.array([1.0, np.nan]), np.ones(2)) == math.inf
        assert largest_difference(np.array([1.0, 2.5]), np.ones(2)) == 1.5
