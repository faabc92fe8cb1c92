"""The PyTorch engine. Importing and constructing it does not import torch: that takes seconds."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from engines.config import NetworkConfig, OptimizerConfig
from engines.interface import Dataset

if TYPE_CHECKING:
    from engines.pytorch.learner import TorchLearner


class PyTorchEngine:
    """Builds learners on torch.nn, torch.optim's rules and autograd."""

    name = "pytorch"
    summary = "PyTorch: torch.nn and autograd, on the processor or a CUDA device"

    def missing(self) -> str | None:
        """None where torch can be imported; else what to install."""
        return None if find_spec("torch") else "PyTorch is not installed: pip install torch"

    def devices(self) -> tuple[str, ...]:
        """`cpu`, and `cuda` where there is such a device; imports torch."""
        import torch

        return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)

    def build(
        self,
        network: NetworkConfig,
        optimizer: OptimizerConfig,
        *,
        splits: Mapping[str, Dataset],
        seed: int,
        device: str = "cpu",
        threads: int = 1,
        steps: int = 0,
    ) -> "TorchLearner":
        """A learner at its initial weights; see `Engine.build`.

        `steps` is not needed: nothing is compiled, and recording a step takes a few milliseconds.
        """
        if sentence := self.missing():
            raise ValueError(sentence)
        if device not in self.devices():
            raise ValueError(f"no device {device!r} here: choose from {', '.join(self.devices())}")
        from engines.pytorch.learner import TorchLearner

        return TorchLearner(network, optimizer, splits=splits, seed=seed, device=device, threads=threads)
