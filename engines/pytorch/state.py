"""All that training changes, by the names that every engine uses, as NumPy arrays and back."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from engines.interface import Array
from engines.masks import MaskStream


class TrainingState:
    """The tensors of a network and its optimizer, the step, and the masks' position."""

    def __init__(self, network: torch.nn.Module, keeps: Sequence[str], masks: MaskStream) -> None:
        self.step = 0
        self.masks = masks
        self.parameters = list(network.parameters())
        self.kept = [[torch.zeros_like(p, requires_grad=False) for _ in keeps] for p in self.parameters]
        self._tensors: dict[str, Tensor] = dict(network.state_dict())  # they share their memory with the network
        for (name, _), kept in zip(network.named_parameters(), self.kept, strict=True):
            self._tensors |= {f"optimizer.{name}.{key}": value for key, value in zip(keeps, kept, strict=True)}

    def read(self) -> dict[str, Array]:
        """A copy of everything."""
        arrays = {name: tensor.cpu().numpy().copy() for name, tensor in self._tensors.items()}
        return arrays | {"optimizer.step": np.array(self.step, np.int64), "random.masks": self.masks.state()}

    def write(self, state: Mapping[str, Array]) -> None:
        """Go on from `state`; where it does not fit, `ValueError` says why and nothing has changed."""
        self._check(state)
        self.write_tensors({name: state[name] for name in self._tensors})
        self.step = int(state["optimizer.step"])
        self.masks.set_state(state["random.masks"])

    def write_tensors(self, values: Mapping[str, Array]) -> None:
        """Copy values into the tensors of these names, which stay where they are in memory."""
        for name, value in values.items():
            self._tensors[name].copy_(torch.from_numpy(np.array(value)))

    @contextmanager
    def restored(self) -> Generator[None]:
        """Puts all tensors back to what they were before."""
        before = {name: tensor.clone() for name, tensor in self._tensors.items()}
        try:
            yield
        finally:
            for name, tensor in before.items():
                self._tensors[name].copy_(tensor)

    def _check(self, state: Mapping[str, Array]) -> None:
        shapes: dict[str, tuple[int, ...]] = {name: tuple(t.shape) for name, t in self._tensors.items()}
        shapes |= {"optimizer.step": (), "random.masks": (MaskStream.STATE_WORDS,)}
        if missing := sorted(shapes.keys() - state.keys()):
            raise ValueError(f"the state lacks {', '.join(missing)}")
        if unknown := sorted(state.keys() - shapes.keys()):
            raise ValueError(f"the state has unknown {', '.join(unknown)}")
        for name, shape in shapes.items():
            if np.shape(state[name]) != shape:
                raise ValueError(f"the state's {name} must have shape {shape}, not {np.shape(state[name])}")
