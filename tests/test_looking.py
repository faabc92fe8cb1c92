"""What Look inside shows, computed a second time by other means."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_runs import STEPS, make_run, save_epoch
from small_runs import new_run

from engines import load_engine
from engines.config import LayerConfig, NetworkConfig
from engines.networks import resolve_network
from tui_trainer import data
from tui_trainer.checkpoint import CheckpointError, read_checkpoint
from tui_trainer.data import DataError
from tui_trainer.events import Inspected
from tui_trainer.inspection import Inspector
from tui_trainer.lines import to_line
from tui_trainer.looking import Looker, Pictures, Saved, certainties, first_weights
from tui_trainer.recorded import RecordedInspections
from tui_trainer.run import train_run

KINDS = {
    "assignment": {"network": "assignment", "dropout": 0.0},
    "mlp": {"network": "mlp", "hidden": "20", "init": "he"},
    "lenet": {"network": "lenet", "init": "he", "epochs": 1},
    "squares": {"network": "softmax", "loss": "mean-squared-error", "scale": "standard"},
    "custom": {
        "network": "custom",
        "layers": [{"kind": "flatten"}, {"kind": "batch-norm"}, {"kind": "linear", "outputs": 10}],
    },
}


@pytest.fixture(scope="module", params=list(KINDS))
def trained(request: pytest.FixtureRequest, small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the tool itself."""
    run = new_run(small_mnist, tmp_path_factory.mktemp("runs"), keep_every=1, optimizer="adam", **KINDS[request.param])
    assert train_run(run.path).code == 0
    return run.path


@pytest.fixture(scope="module")
def made(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with known weights."""
    return make_run(tmp_path_factory.mktemp("runs"), small_mnist)


class TestAgainstTheEngines:
    """The numbers behind every picture."""

    def test_the_weights_are_those_of_the_checkpoint(self, trained: Path) -> None:
        looker = Looker(trained)
        for saved in looker.saved():
            tensors = read_checkpoint(trained / "checkpoints" / saved.name).tensors
            weights = looker.look(saved).weights
            assert all(np.array_equal(weights[name], tensors[name]) for name in weights)
            assert set(weights) == {
                name for name in tensors if not name.startswith(("optimizer", "random", "progress"))
            }

    def test_confusion_and_mistakes_are_those_of_predict_in_pytorch(self, trained: Path) -> None:
        looker = Looker(trained)
        saved = looker.saved()[-1]
        look = looker.look(saved)
        config, splits = looker.config, data.load(looker.config).splits
        learner = load_engine("pytorch").build(config.network_config, config.optimizer_config, splits=splits, seed=9)
        learner.load_state_dict(learner.state_dict() | dict(look.weights))
        predicted = learner.predict(splits["validation"].inputs).argmax(axis=1)
        confusion = np.zeros((10, 10), int)
        for label, prediction in zip(splits["validation"].labels, predicted, strict=True):
            confusion[label, prediction] += 1
        assert (look.confusion == confusion).all()
        assert sorted(look.mistakes) == np.flatnonzero(predicted != splits["validation"].labels).tolist()
        assert look.error == 1 - np.trace(confusion) / confusion.sum()

    def test_the_error_is_the_one_that_the_run_measured(self, trained: Path) -> None:
        from tui_trainer.store import RunReader

        curve = RunReader(trained).read().curves["validation_error"]
        looker = Looker(trained)
        errors = {saved.epoch: looker.look(saved).error for saved in looker.saved()}
        for epoch, error in zip(curve.epochs, curve.values, strict=True):
            if epoch in errors:
                assert errors[epoch] == pytest.approx(error, abs=1e-12)

    def test_the_layers_are_as_the_run_recorded_them_and_as_pytorch_has_them(self, trained: Path) -> None:
        looker = Looker(trained)
        saved = looker.saved()[-1]
        recorded = looker.look(saved).layers
        kept = RecordedInspections(trained / "metrics.jsonl").at(round(saved.epoch))
        assert kept is not None
        assert recorded == kept.layers
        config, splits = looker.config, data.load(looker.config).splits
        learner = load_engine("pytorch").build(config.network_config, config.optimizer_config, splits=splits, seed=9)
        learner.load_state_dict(learner.state_dict() | looker.load(saved.name))
        inspector = Inspector(config.network_config, splits["validation"])
        inspector.begin(learner)
        for layers in (recorded, looker.inspect()):
            for ours, theirs in zip(layers, inspector(learner), strict=True):
                assert_close(ours, theirs)


def assert_close(ours: dict, theirs: dict) -> None:
    """Every number that both have, to 1e-5 of the layer's reach; histograms can differ at their edges."""
    reach = max(1.0, abs(theirs["max"]), abs(theirs["min"])) if "max" in theirs else 1.0
    for name, value in ours.items():
        if isinstance(value, dict):
            assert_close(value, theirs[name])
        elif isinstance(value, float) and name != "change":
            assert value == pytest.approx(theirs[name], rel=2e-5, abs=1e-5 * reach), name
        elif name in ("layer", "kind", "units", "inputs"):
            assert value == theirs[name]


class TestLook:
    """What is made of the probabilities."""

    def test_a_cell_holds_the_digits_that_it_counts_the_surest_first(self, made: Path) -> None:
        looker = Looker(made)
        look = looker.look(looker.saved()[-1])
        for label in range(10):
            for prediction in range(10):
                cell = look.cell(label, prediction)
                assert len(cell) == look.confusion[label, prediction]
                assert (look.labels[cell] == label).all()
                assert (look.predictions[cell] == prediction).all()
                assert (np.diff(look.certainties[cell].max(axis=1)) <= 0).all()

    def test_the_most_confident_mistake_comes_first(self, made: Path) -> None:
        looker = Looker(made)
        look = looker.look(looker.saved()[-1])
        wrong = look.certainties.max(axis=1) * (look.predictions != look.labels)
        assert look.mistakes[0] == wrong.argmax()

    def test_checkpoints_are_listed_by_their_epochs_the_oldest_first(self, made: Path) -> None:
        assert [(saved.step, saved.epoch) for saved in Looker(made).saved()] == [(20, 1.0), (40, 2.0), (60, 3.0)]

    def test_probabilities_are_a_softmax_that_survives_large_logits_and_nan(self) -> None:
        made = certainties(np.array([[1e4, 0, -1e4], [np.nan, 0, 0], [np.inf, 0, 0]], np.float32), "cross-entropy")
        assert made.sum(axis=1) == pytest.approx([1, 1, 1])
        assert made[0, 0] == made[2, 0] == 1

    def test_outputs_of_squares_are_shown_as_they_are(self) -> None:
        assert certainties(np.array([[-0.5, 0.25, 1.5]]), "mean-squared-error").tolist() == [[-0.5, 0.25, 1.5]]

    def test_epochs_without_an_inspection_are_looked_into_anew(self, made: Path) -> None:
        looker = Looker(made)
        layers = looker.look(looker.saved()[0]).layers
        assert layers[0]["layer"] == "linear1"
        assert "change" not in layers[0]["parameters"]["weight"]
        assert layers[0]["parameters"]["weight"]["max"] > 0


class TestFirstWeights:
    """Pictures of what sees pixels, or a sentence."""

    def of(self, *kinds: LayerConfig, shape: tuple[int, int] = (28, 28)) -> Pictures | str:
        plan = resolve_network(NetworkConfig("custom", layers=kinds), shape, 10)
        weights = {f"{p.name}.weight": np.ones(p.weight_shape) for p in plan if p.kind in ("linear", "conv2d")}
        return first_weights(plan, weights)

    def test_a_dense_layer_has_a_template_for_each_unit(self) -> None:
        found = self.of(LayerConfig("flatten"), LayerConfig("linear", {"outputs": 10}))
        assert isinstance(found, Pictures)
        assert found.images.shape == (10, 28, 28)
        assert found.names == tuple("0123456789")

    def test_inputs_need_not_be_square(self) -> None:
        found = self.of(LayerConfig("flatten"), LayerConfig("linear", {"outputs": 10}), shape=(8, 20))
        assert isinstance(found, Pictures)
        assert found.images.shape == (10, 8, 20)

    def test_a_convolution_shows_its_filters_and_says_so(self) -> None:
        first = LayerConfig("conv2d", {"outputs": 6, "kernel": 5})
        found = self.of(first, LayerConfig("flatten"), LayerConfig("linear", {"outputs": 10}))
        assert isinstance(found, Pictures)
        assert found.images.shape == (6, 5, 5)
        assert "filters" in found.words

    def test_behind_a_pooling_the_smaller_picture_is_shown(self) -> None:
        found = self.of(LayerConfig("avg-pool2d"), LayerConfig("flatten"), LayerConfig("linear", {"outputs": 10}))
        assert isinstance(found, Pictures)
        assert found.images.shape == (10, 14, 14)

    def test_only_the_first_layer_counts(self) -> None:
        hidden = (LayerConfig("flatten"), LayerConfig("linear", {"outputs": 7}), LayerConfig("relu"))
        found = self.of(*hidden, LayerConfig("linear", {"outputs": 10}))
        assert isinstance(found, Pictures)
        assert found.names[0] == "unit 0"
        assert len(found.images) == 7


class TestWhatIsWrong:
    """Files that changed, or are gone."""

    def test_a_broken_checkpoint_is_a_sentence(self, made: Path, tmp_path: Path) -> None:
        looker = Looker(made)
        with pytest.raises(CheckpointError):
            looker.look(Saved("step-000000099.safetensors", 99, 4.0))

    def test_another_networks_checkpoint_is_a_sentence(self, small_mnist: Path, tmp_path: Path) -> None:
        other = new_run(small_mnist, tmp_path, network="mlp").path
        save_epoch(other, 1, 1.0)
        looker = Looker(other)
        with pytest.raises(CheckpointError, match="linear2"):
            looker.look(looker.saved()[0])

    def test_data_that_is_not_the_runs_own_is_refused(self, small_mnist: Path, tmp_path: Path) -> None:
        import shutil

        folder = Path(shutil.copytree(small_mnist, tmp_path / "data"))
        path = make_run(tmp_path / "runs", folder, epochs=1)
        labels = folder / "train-labels-idx1-ubyte"
        labels.write_bytes(labels.read_bytes()[:-1] + bytes([(labels.read_bytes()[-1] + 1) % 10]))
        with pytest.raises(DataError, match="SHA-256"):
            Looker(path)


class TestRecorded:
    """The index of a growing file."""

    def line(self, epoch: int, mark: int = 0) -> bytes:
        return to_line(Inspected(epoch, epoch * 20, [{"layer": "linear1", "mark": mark}], at=1_700_000_000.5 + epoch))

    def test_lines_are_found_as_they_come_and_half_of_one_is_none(self, tmp_path: Path) -> None:
        path = tmp_path / "metrics.jsonl"
        recorded = RecordedInspections(path)
        assert recorded.at(1) is None
        path.write_bytes(self.line(1) + self.line(2)[:30])
        assert recorded.at(1) is not None
        assert recorded.at(2) is None
        path.write_bytes(self.line(1) + self.line(2) + self.line(3))
        found = recorded.at(2)
        assert found is not None
        assert found.step == 40

    def test_after_the_file_was_cut_back_only_what_is_there_counts(self, tmp_path: Path) -> None:
        path = tmp_path / "metrics.jsonl"
        path.write_bytes(self.line(1) + self.line(2) + self.line(3))
        recorded = RecordedInspections(path)
        assert recorded.at(3) is not None
        path.write_bytes(self.line(1))
        assert recorded.at(3) is None
        path.write_bytes(self.line(1) + self.line(2, mark=7))
        found = recorded.at(2)
        assert found is not None
        assert found.layers[0]["mark"] == 7


def test_looking_never_imports_torch(made: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from tui_trainer.looking import Looker
looker = Looker(Path({str(made)!r}))
looker.look(looker.saved()[-1])
import tui_trainer.tui.screens.inside, tui_trainer.tui.screens.draw, tui_trainer.tui.screens.duel
import tui_trainer.tui.screens.lesson
assert "torch" not in sys.modules, "torch was imported"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_made_run_knows_its_steps(made: Path) -> None:
    from tui_trainer.store import RunDirectory

    assert RunDirectory(made).read()["steps_per_epoch"] == STEPS
