"""The from-scratch library as an engine, on NumPy alone."""

from collections.abc import Mapping

from engines.config import NetworkConfig, OptimizerConfig
from engines.interface import Dataset
from engines.scratch.learner import ScratchLearner


class ScratchEngine:
    """Builds learners of the from-scratch library."""

    name = "scratch"
    summary = "a neural-network library written from scratch in NumPy, to be read"

    def missing(self) -> str | None:
        """None: NumPy is all it wants."""
        return None

    def devices(self) -> tuple[str, ...]:
        """The processor."""
        return ("cpu",)

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
    ) -> ScratchLearner:
        """A learner at its initial weights; see `Engine.build`."""
        if device not in self.devices():
            raise ValueError(f"no device {device!r} here: choose from {', '.join(self.devices())}")
        return ScratchLearner(network, optimizer, splits=splits, seed=seed, threads=threads)
