"""A network in PyTorch with its optimizer, its masks and its data, on one device."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engines.config import INITIALIZERS, NetworkConfig, OptimizerConfig
from engines.initializers import initial_parameters
from engines.interface import Array, Dataset, Metrics, Trace
from engines.masks import MaskStream
from engines.networks import Layer, resolve_network
from engines.pytorch.data import DeviceSplit, as_tensor, check_examples, check_inputs, check_order, check_splits
from engines.pytorch.losses import make_loss
from engines.pytorch.network import Network
from engines.pytorch.optimizers import find_optimizer
from engines.pytorch.state import TrainingState
from engines.pytorch.step import TrainingStep


class TorchLearner:
    """See `engines.interface.Learner`."""

    def __init__(
        self,
        network: NetworkConfig,
        optimizer: OptimizerConfig,
        *,
        splits: Mapping[str, Dataset],
        seed: int,
        device: str,
        threads: int,
    ) -> None:
        check_splits(splits)
        check_initializer(network.initializer)
        torch.set_num_threads(threads)
        torch.backends.cudnn.deterministic = True  # or a convolution on CUDA may not give the same bits twice
        self._device = torch.device(device)
        self._config, self._settings = network, optimizer
        self._splits = {name: DeviceSplit(dataset, self._device) for name, dataset in splits.items()}
        self._training = self._splits["training"]
        layers = self._resolve(network.dropout)
        self._loss = make_loss(network)
        self._network = Network(layers).to(self._device)
        rule = find_optimizer(optimizer.name)
        self._state = TrainingState(self._network, rule.keeps, MaskStream(seed))
        self._state.write_tensors(initial_parameters(layers, network.initializer, seed))
        self._step = TrainingStep(self._network, self._loss, rule, self._state)
        self._step.set(optimizer)

    @torch.inference_mode()
    def train(self, order: Array, batch_size: int) -> Metrics:
        """One step for each batch of `order`; see `Learner.train`."""
        check_order(order, batch_size, len(self._training), self._network.least_examples)
        self._network.train()
        steps = []
        indices = as_tensor(order.astype(np.int64)).to(self._device)
        for block in indices.split(self._training.block(batch_size)):
            inputs, labels = self._training.take(block)
            batches = zip(self._network.prepared(inputs).split(batch_size), labels.split(batch_size), strict=True)
            steps += [self._step.take(*batch) for batch in batches]
        return metrics(steps, self._training.labels.index_select(0, indices))

    @torch.no_grad()
    def evaluate(self, split: str, batch_size: int = 1000) -> Metrics:
        """Loss and errors on a whole split; see `Learner.evaluate`."""
        if split not in self._splits:
            raise ValueError(f"no split {split!r}: choose from {', '.join(self._splits)}")
        if batch_size < 1:
            raise ValueError(f"batch size must be at least 1, not {batch_size}")
        network, data = self._network.observing(), self._splits[split]
        batches = []
        for inputs, labels in zip(data.inputs.split(batch_size), data.labels.split(batch_size), strict=True):
            logits = network(data.scaled(inputs))
            batches.append((logits, self._loss(logits, labels)))
        return metrics(batches, data.labels)

    @torch.no_grad()
    def predict(self, inputs: Array) -> Array:
        """Logits `(examples, classes)`; see `Learner.predict`."""
        check_inputs("predict", inputs, self._training.shape)
        return self._network.observing()(self._scaled(inputs)).cpu().numpy()

    def trace(self, inputs: Array, labels: Array) -> Trace:
        """Every layer's output and every parameter's gradient; see `Learner.trace`."""
        check_examples("trace", inputs, labels, self._training.shape, self._training.classes)
        network = self._network.observing()
        outputs = dict(network.flow(self._scaled(inputs)))
        targets = as_tensor(labels.astype(np.int64)).to(self._device)
        loss = self._loss(list(outputs.values())[-1], targets)
        gradients = torch.autograd.grad(loss, self._state.parameters)
        names = (name for name, _ in network.named_parameters())
        return Trace(
            activations={name: array(output) for name, output in outputs.items()},
            gradients={name: array(g) for name, g in zip(names, gradients, strict=True)},
            loss=loss.item(),
        )

    def change(self, optimizer: OptimizerConfig, dropout: float) -> None:
        """Go on with other settings; see `Learner.change`."""
        if optimizer.name != self._settings.name:
            raise ValueError(
                f"the optimizer is {self._settings.name} and cannot become {optimizer.name} in a running training"
            )
        layers = self._resolve(dropout)
        probabilities = [layer.arguments["probability"] for layer in layers if layer.kind == "dropout"]
        for layer, probability in zip(self._network.dropouts(), probabilities, strict=True):
            layer.probability = probability
        self._settings = optimizer
        self._step.set(optimizer)

    def state_dict(self) -> dict[str, Array]:
        """A copy of all that training changes; see `Learner.state_dict`."""
        return self._state.read()

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Go on from a state of any engine; see `Learner.load_state_dict`."""
        self._state.write(state)

    def _resolve(self, dropout: float) -> tuple[Layer, ...]:
        network = replace(self._config, dropout=dropout)
        return resolve_network(network, self._training.shape, self._training.classes)

    def _scaled(self, inputs: Array) -> Tensor:
        return self._training.scaled(as_tensor(inputs).to(self._device))


def check_initializer(name: str) -> None:
    """`ValueError` for an initializer that is not known."""
    if name not in INITIALIZERS:
        raise ValueError(f"unknown initializer {name!r}: choose from {', '.join(INITIALIZERS)}")


def array(tensor: Tensor) -> Array:
    """A copy in NumPy, as it stands in memory row by row."""
    return tensor.detach().cpu().contiguous().numpy().copy()


def metrics(batches: Sequence[tuple[Tensor, Tensor]], labels: Tensor) -> Metrics:
    """What came of batches with these logits and losses: one look at the device for all of them."""
    if not batches:
        return Metrics(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    logits, losses = zip(*batches, strict=True)
    examples = np.array([len(batch) for batch in logits], np.int64)
    wrong = (torch.cat(logits).argmax(1) != labels).cpu().numpy()  # (examples,) bool
    starts = np.cumsum(examples) - examples
    return Metrics(
        losses=torch.stack(losses).to(torch.float64).cpu().numpy(),
        wrong=np.add.reduceat(wrong, starts, dtype=np.int64),
        examples=examples,
    )
