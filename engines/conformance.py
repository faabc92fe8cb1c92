"""What every engine must pass. A test of an engine of your own is two lines:

    from engines.conformance import EngineConformance
    class TestMine(EngineConformance): engine_name = "mine"

pytest then runs each check as a test. An engine that knows fewer networks or optimizers says so in `networks` and
`optimizers`. The data is made up, so that nothing needs to be at hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from engines.catalogue import load_engine
from engines.config import OPTIMIZERS, LayerConfig, NetworkConfig, OptimizerConfig
from engines.initializers import initial_parameters
from engines.interface import Array, Dataset, Engine, Learner, Metrics
from engines.masks import MaskStream
from engines.networks import resolve_network

State = dict[str, Array]

CLASSES, SHAPE, BATCH, STEPS = 3, (6, 6), 4, 937
KEPT_BY_OPTIMIZER = {
    "sgd": (),
    "momentum": ("momentum_buffer",),
    "nesterov": ("momentum_buffer",),
    "adagrad": ("sum",),
    "rmsprop": ("square_avg",),
    "adam": ("exp_avg", "exp_avg_sq"),
    "adamw": ("exp_avg", "exp_avg_sq"),
}
CONVOLUTIONAL = (
    LayerConfig("conv2d", {"outputs": 3, "kernel": 3, "padding": 1}),
    *(LayerConfig("batch-norm"), LayerConfig("relu"), LayerConfig("max-pool2d")),
    *(LayerConfig("dropout", {"probability": 0.25}), LayerConfig("flatten"), LayerConfig("linear", {"outputs": 3})),
)
NETWORKS = (
    NetworkConfig("softmax", initializer="pytorch", dropout=0.25, dropout_at="input"),
    NetworkConfig("mlp", hidden=(7, 5), initializer="he", dropout=0.25, dropout_at="hidden"),
    NetworkConfig("custom", layers=CONVOLUTIONAL, initializer="glorot"),
)


def made_up(examples: int, seed: int) -> Dataset:
    """Grey pictures of three kinds, each bright in rows of its own, under noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, examples)
    inputs = rng.integers(0, 120, (examples, *SHAPE))
    for row in range(2):
        inputs[np.arange(examples), 2 * labels + row] += 120
    return Dataset(inputs.astype(np.uint8), labels, CLASSES, shift=20.0, factor=1 / 128)


SPLITS = {"training": made_up(300, 1), "validation": made_up(50, 2)}
ORDER = np.random.default_rng(3).integers(0, 300, STEPS * BATCH)


def train(learner: Learner, slices: int, order: Array = ORDER) -> Metrics:
    """Train on all of `order`, cut into that many calls at multiples of the batch size."""
    cuts = np.linspace(0, len(order) // BATCH, slices + 1).astype(int) * BATCH
    parts = [learner.train(order[a:b], BATCH) for a, b in pairwise(cuts)]
    return Metrics(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("losses", "wrong", "examples")))


def differing(one: State, other: State) -> list[str]:
    """The names of what is not the same to the bit."""
    names = one.keys() | other.keys()
    return sorted(n for n in names if n not in one or n not in other or one[n].tobytes() != other[n].tobytes())


def refused(call: Callable[..., object], *arguments: object) -> None:
    """Fails unless the call raises `ValueError` with one line of text."""
    try:
        call(*arguments)
    except ValueError as error:
        text = str(error)
    else:
        raise AssertionError(f"{call} took {arguments} without an error")
    assert text.strip(), "the error says nothing"
    assert "\n" not in text, f"the error is more than one line: {text}"


class EngineConformance:
    """The checks, each a method `test_…`."""

    engine_name: str
    networks: Sequence[NetworkConfig] = NETWORKS
    optimizers: Sequence[str] = OPTIMIZERS

    def engine(self) -> Engine:
        """The engine under test, found as the app finds it."""
        return load_engine(self.engine_name)

    def learner(self, network: NetworkConfig | None = None, optimizer: str | None = None, seed: int = 5) -> Learner:
        """A new learner; by default of the first network and the first optimizer."""
        settings = OptimizerConfig(optimizer or self.optimizers[0], learning_rate=0.01)
        return self.engine().build(network or self.networks[0], settings, splits=SPLITS, seed=seed)

    def test_says_what_it_is(self) -> None:
        engine = self.engine()
        assert engine.name == self.engine_name
        assert engine.summary
        assert "\n" not in engine.summary
        assert engine.missing() is None
        assert "cpu" in engine.devices()

    def test_state_is_as_promised(self) -> None:
        for network in self.networks:
            for optimizer in self.optimizers:
                layers = resolve_network(network, SHAPE, CLASSES)
                expected = initial_parameters(layers, network.initializer, 5)
                trained = [name for name in expected if name.endswith((".weight", ".bias"))]
                for kept in KEPT_BY_OPTIMIZER[optimizer]:
                    expected |= {f"optimizer.{name}.{kept}": np.zeros_like(expected[name]) for name in trained}
                expected |= {"optimizer.step": np.array(0, np.int64), "random.masks": MaskStream(5).state()}
                state = self.learner(network, optimizer).state_dict()
                assert differing(state, expected) == [], (network.name, optimizer)
                for name, value in expected.items():
                    assert (state[name].shape, state[name].dtype) == (value.shape, value.dtype), name

    def test_learns(self) -> None:
        for network in self.networks:
            learner = self.learner(network)
            before = learner.evaluate("validation")
            losses = train(learner, 1).losses
            after = learner.evaluate("validation")
            assert losses[-100:].mean() < losses[:100].mean(), network.name
            assert after.loss < before.loss, network.name
            assert after.error <= before.error, network.name

    def test_same_seed_same_run(self) -> None:
        for network in self.networks:
            first, second, other = (self.learner(network, seed=seed) for seed in (5, 5, 6))
            measured = [train(learner, 1, ORDER[: 50 * BATCH]).losses for learner in (first, second, other)]
            assert np.array_equal(measured[0], measured[1]), network.name
            assert not np.array_equal(measured[0], measured[2]), network.name
            assert differing(first.state_dict(), second.state_dict()) == [], network.name

    def test_slices_do_not_matter(self) -> None:
        for network in self.networks:
            whole = self.learner(network)
            measured = train(whole, 1)
            for slices in (7, STEPS):
                sliced = self.learner(network)
                assert np.array_equal(train(sliced, slices).wrong, measured.wrong), (network.name, slices)
                assert differing(sliced.state_dict(), whole.state_dict()) == [], (network.name, slices)

    def test_resumes_exactly_in_mid_epoch(self) -> None:
        order, half = ORDER[: 200 * BATCH], 101 * BATCH
        for network in self.networks:
            for optimizer in self.optimizers:
                straight, stopped, resumed = (self.learner(network, optimizer, seed) for seed in (5, 5, 77))
                train(straight, 1, order)
                train(stopped, 1, order[:half])
                resumed.load_state_dict(stopped.state_dict())
                train(resumed, 1, order[half:])
                assert differing(straight.state_dict(), resumed.state_dict()) == [], (network.name, optimizer)

    def test_looking_changes_nothing(self) -> None:
        data = SPLITS["validation"]
        for network in self.networks:
            watched, alone = self.learner(network), self.learner(network)
            for part in np.split(ORDER[: 20 * BATCH], 4):
                watched.train(part, BATCH)
                before = watched.state_dict()
                watched.evaluate("validation", batch_size=7)
                watched.predict(data.inputs)
                watched.trace(data.inputs[:5], data.labels[:5])
                assert differing(watched.state_dict(), before) == [], network.name
                for value in before.values():
                    value[...] = 0  # it was a copy, so this touches nothing
                alone.train(part, BATCH)
            assert differing(watched.state_dict(), alone.state_dict()) == [], network.name

    def test_measures_what_it_predicts(self) -> None:
        data = SPLITS["validation"]
        for network in self.networks:
            learner = self.learner(network)
            logits = learner.predict(data.inputs).astype(np.float64)
            shifted = logits - logits.max(1, keepdims=True)
            losses = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(data)), data.labels]
            metrics = learner.evaluate("validation", batch_size=40)
            assert (logits.shape, metrics.examples.tolist()) == ((len(data), CLASSES), [40, 10])
            assert (metrics.losses.dtype, metrics.wrong.dtype) == (np.float64, np.int64)
            assert metrics.wrong.sum() == (logits.argmax(1) != data.labels).sum()
            np.testing.assert_allclose(metrics.losses, [losses[:40].mean(), losses[40:].mean()], rtol=1e-4)

    def test_traces_the_gradient_that_it_trains_with(self) -> None:
        network = replace(self.networks[0], dropout=0.0)
        learner = self.learner(network, "sgd")
        some = np.arange(BATCH)
        trace = learner.trace(SPLITS["training"].inputs[some], SPLITS["training"].labels[some])
        before = learner.state_dict()
        assert np.isclose(learner.train(some, BATCH).loss, trace.loss, rtol=1e-5)
        after = learner.state_dict()
        assert list(trace.activations) == [layer.name for layer in resolve_network(network, SHAPE, CLASSES)]
        for name, gradient in trace.gradients.items():
            np.testing.assert_allclose(after[name], before[name] - 0.01 * gradient, rtol=1e-4, atol=1e-7)

    def test_settings_change_in_a_running_training(self) -> None:
        network = self.networks[0]
        changed, unchanged = self.learner(network, "sgd"), self.learner(network, "sgd")
        train(changed, 1, ORDER[: 5 * BATCH])
        changed.change(OptimizerConfig("sgd", learning_rate=0.01), network.dropout)  # the same as before
        train(changed, 1, ORDER[5 * BATCH : 9 * BATCH])
        train(unchanged, 1, ORDER[: 9 * BATCH])
        before = changed.state_dict()
        assert differing(before, unchanged.state_dict()) == []
        changed.change(OptimizerConfig("sgd", learning_rate=0.0), 0.0)
        train(changed, 1, ORDER[9 * BATCH : 12 * BATCH])
        assert differing(before, changed.state_dict()) == ["optimizer.step"]  # probability 0 draws no masks
        refused(changed.change, OptimizerConfig("no such optimizer"), 0.0)
        refused(changed.change, OptimizerConfig("sgd"), 1.5)

    def test_refuses_data_that_does_not_fit(self) -> None:
        good, network, settings = SPLITS["training"], self.networks[0], OptimizerConfig(self.optimizers[0])

        def build(**splits: Dataset) -> Learner:
            return self.engine().build(network, settings, splits=splits, seed=1)

        refused(lambda: build(validation=good))
        refused(lambda: build(training=replace(good, labels=good.labels[:-1])))
        refused(lambda: build(training=replace(good, labels=good.labels + 1)))
        refused(lambda: build(training=replace(good, labels=good.labels - 1)))
        refused(lambda: build(training=good, validation=replace(good, inputs=good.inputs[:, :5])))
        refused(lambda: self.learner(replace(network, name="no such network")))
        refused(lambda: self.learner(replace(network, initializer="no such initializer")))
        refused(lambda: self.learner(replace(network, loss="no such loss")))
        refused(lambda: self.learner(network, "no such optimizer"))

    def test_refuses_calls_that_do_not_fit(self) -> None:
        learner, data = self.learner(), SPLITS["training"]
        before = learner.state_dict()
        refused(learner.train, np.array([0, len(data)]), 2)
        refused(learner.train, np.array([0, -1]), 2)
        refused(learner.train, np.array([[0, 1]]), 2)
        refused(learner.train, ORDER[:BATCH], 0)
        refused(learner.evaluate, "no such split")
        refused(learner.predict, data.inputs[:, :5])
        refused(learner.trace, data.inputs[:3, :5], data.labels[:3])
        refused(learner.trace, data.inputs[:3], data.labels[:2])
        refused(learner.trace, data.inputs[:3], data.labels[:3] + CLASSES)
        assert differing(learner.state_dict(), before) == []

    def test_refuses_a_state_that_does_not_fit(self) -> None:
        learner = self.learner()
        state = learner.state_dict()
        name = next(iter(state))
        other = {key: value + 1 for key, value in state.items()}
        refused(learner.load_state_dict, {key: value for key, value in other.items() if key != name})
        refused(learner.load_state_dict, other | {"no such name": np.zeros(1)})
        for misshapen in (name, "optimizer.step", "random.masks"):
            refused(learner.load_state_dict, other | {misshapen: np.zeros((2, 2))})
        assert differing(learner.state_dict(), state) == []  # nothing of what was refused came through

    def test_shows_numbers_that_are_not_finite(self) -> None:
        learner = self.learner()
        state = learner.state_dict()
        learner.load_state_dict({k: v * np.float32("inf") if k.endswith("weight") else v for k, v in state.items()})
        assert not np.isfinite(train(learner, 1, ORDER[: 5 * BATCH]).losses).any()
        assert not np.isfinite(learner.evaluate("validation").loss)
