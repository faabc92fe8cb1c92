"""The PyTorch engine against PyTorch written out by hand, and across processes."""

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from engines.config import LayerConfig, NetworkConfig, OptimizerConfig  # noqa: E402 - as torch is needed
from engines.conformance import NETWORKS, ORDER, SPLITS, differing, train  # noqa: E402
from engines.interface import Dataset  # noqa: E402
from engines.pytorch.engine import PyTorchEngine  # noqa: E402
from engines.pytorch.losses import make_loss  # noqa: E402
from engines.pytorch.network import Linear  # noqa: E402

SGD = OptimizerConfig("sgd", learning_rate=0.05)


def learner(network, settings=SGD, splits=SPLITS):
    return PyTorchEngine().build(network, settings, splits=splits, seed=3)


def test_trains_as_the_loop_that_everybody_writes() -> None:
    ours = learner(NetworkConfig("mlp", hidden=(8,), initializer="pytorch"))
    start = {name: torch.tensor(value) for name, value in ours.state_dict().items() if name.startswith("linear")}
    theirs = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(36, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    theirs.load_state_dict(dict(zip(theirs.state_dict(), start.values(), strict=True)))
    optimizer, loss_of = torch.optim.SGD(theirs.parameters(), lr=0.05), torch.nn.CrossEntropyLoss()
    data = SPLITS["training"]
    inputs = (torch.tensor(data.inputs).float() - data.shift) * data.factor
    losses, wrong = [], []
    for batch in torch.tensor(ORDER).split(32):
        logits = theirs(inputs[batch])
        loss = loss_of(logits, torch.tensor(data.labels)[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        wrong.append((logits.argmax(1) != torch.tensor(data.labels)[batch]).sum().item())
    measured = ours.train(ORDER, 32)
    np.testing.assert_allclose(measured.losses, losses, rtol=1e-4, atol=1e-6)
    assert measured.wrong.tolist() == wrong
    after = ours.state_dict()
    for name, parameter in zip(start, theirs.parameters(), strict=True):
        np.testing.assert_allclose(after[name], parameter.detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_losses_are_those_of_torch_nn(smoothing) -> None:
    logits, labels = torch.randn(6, 4, dtype=torch.float64, requires_grad=True), torch.tensor([0, 3, 1, 1, 2, 0])
    ours = make_loss(NetworkConfig(label_smoothing=smoothing))(logits, labels)
    theirs = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)(logits, labels)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (ours, theirs)))
    targets = torch.nn.functional.one_hot(labels, 4).double() * (1 - smoothing) + smoothing / 4
    squared = make_loss(NetworkConfig(loss="mean-squared-error", label_smoothing=smoothing))(logits, labels)
    torch.testing.assert_close(squared, torch.nn.MSELoss()(logits, targets))


def test_a_linear_layer_is_that_of_torch_nn() -> None:
    layer, inputs = Linear(5, 3, dtype=torch.float64), torch.randn(4, 5, dtype=torch.float64)
    torch.testing.assert_close(layer(inputs), torch.nn.functional.linear(inputs, layer.weight, layer.bias))


def test_uint8_and_float32_inputs_are_the_same_numbers() -> None:
    as_floats = {
        name: Dataset(data.inputs.astype(np.float32), data.labels, data.classes, data.shift, data.factor)
        for name, data in SPLITS.items()
    }
    one, other = learner(NETWORKS[0]), learner(NETWORKS[0], splits=as_floats)
    train(one, 1)
    train(other, 1)
    assert differing(one.state_dict(), other.state_dict()) == []


@pytest.mark.parametrize(("shape", "batch"), [((3, 3), 1), ((1, 1), 13), ((5, 7), 1), ((13, 17), 1)])
def test_slices_do_not_matter_where_batches_do_not_begin_at_whole_vectors(shape, batch) -> None:
    rng = np.random.default_rng(0)
    data = Dataset(rng.integers(0, 255, (400, *shape)).astype(np.uint8), rng.integers(0, 10, 400), 10, factor=1 / 255)
    order = rng.integers(0, 400, 24 * batch)
    whole, cut = (
        learner(NetworkConfig("softmax", initializer="he"), OptimizerConfig("adam"), {"training": data})
        for _ in range(2)
    )
    whole.train(order, batch)
    for part in order.reshape(24, batch):
        cut.train(part, batch)
    assert differing(whole.state_dict(), cut.state_dict()) == []


def test_the_data_that_it_was_given_stays_as_it_was() -> None:
    data = {name: Dataset(d.inputs.copy(), d.labels, d.classes, 20.0, 0.5) for name, d in SPLITS.items()}
    floats = {name: Dataset(d.inputs.astype(np.float32), d.labels, d.classes, 20.0, 0.5) for name, d in data.items()}
    for splits in (data, floats):
        before = splits["validation"].inputs.copy()
        ours = learner(NETWORKS[0], splits=splits)
        ours.evaluate("validation")
        ours.predict(splits["validation"].inputs)
        ours.trace(splits["validation"].inputs, splits["validation"].labels)
        assert np.array_equal(splits["validation"].inputs, before)


def test_building_leaves_torch_s_own_random_numbers_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    train(learner(NETWORKS[2]), 1, ORDER[:40])
    assert torch.equal(torch.get_rng_state(), before)


def test_the_threads_are_those_that_were_asked_for() -> None:
    PyTorchEngine().build(NETWORKS[0], SGD, splits=SPLITS, seed=1, threads=2)
    assert torch.get_num_threads() == 2
    PyTorchEngine().build(NETWORKS[0], SGD, splits=SPLITS, seed=1)
    assert torch.get_num_threads() == 1


GO_ON = """
import sys, numpy as np
from engines.config import OptimizerConfig
from engines.conformance import NETWORKS, ORDER, SPLITS
from engines.pytorch.engine import PyTorchEngine
learner = PyTorchEngine().build(NETWORKS[2], OptimizerConfig("adam"), splits=SPLITS, seed=9)
learner.load_state_dict(np.load(sys.argv[1]))
learner.train(ORDER[400:800], 4)
np.savez(sys.argv[2], **learner.state_dict())
"""


def test_another_process_goes_on_to_the_same_bits(tmp_path) -> None:
    ours = learner(NETWORKS[2], OptimizerConfig("adam"))
    ours.train(ORDER[:400], 4)
    np.savez(tmp_path / "half.npz", **ours.state_dict())
    subprocess.run([sys.executable, "-c", GO_ON, tmp_path / "half.npz", tmp_path / "whole.npz"], check=True)
    ours.train(ORDER[400:800], 4)
    assert differing(dict(np.load(tmp_path / "whole.npz")), ours.state_dict()) == []


def test_batch_norm_refuses_a_last_batch_of_one_before_any_step_is_taken() -> None:
    layers = (LayerConfig("flatten"), LayerConfig("batch-norm"), LayerConfig("linear", {"outputs": 3}))
    ours = learner(NetworkConfig("custom", layers=layers))
    before = ours.state_dict()
    with pytest.raises(ValueError, match="batch-norm wants batches of at least 2 examples, and the last would have 1"):
        ours.train(ORDER[:9], 4)
    assert differing(ours.state_dict(), before) == []
    ours.train(ORDER[:10], 4)
    ours.evaluate("validation", batch_size=49)  # here its last batch may be of one


def test_without_torch_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr("engines.pytorch.engine.find_spec", lambda name: None)
    assert PyTorchEngine().missing() == "PyTorch is not installed: pip install torch"
    with pytest.raises(ValueError, match="pip install torch"):
        learner(NETWORKS[0])


def test_a_device_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no device 'tpu' here: choose from cpu"):
        PyTorchEngine().build(NETWORKS[0], SGD, splits=SPLITS, seed=1, device="tpu")
