"""The doctor's benchmark, how a plan is carried out: trained in memory, with the doctor at its side."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import numpy as np

from benchmarks.doctor_faults import FAULTS, Plan, Splits
from benchmarks.doctor_healthy import HEALTHY
from engines import load_engine
from engines.interface import Array, Dataset, Learner
from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.data.order import sample
from tui_trainer.events import EpochMeasured, Event, SettingChanged
from tui_trainer.history import History
from tui_trainer.inspection import Inspector
from tui_trainer.run.consult import Consultation
from tui_trainer.training import Training

STANDARD = (33.3, 1 / 78.6)  # shift and factor of scale standard on MNIST


def plan_of(fault: str, number: int) -> Plan:
    """The plan of a kind and number, drawn from its own stream of random numbers."""
    blank = Plan(fault, number, {})
    return replace(blank, **(FAULTS | HEALTHY)[fault](blank.random()))


@lru_cache(maxsize=1)
def all_data() -> Splits:
    """MNIST, whole."""
    return data.load(RunConfig(train_examples=60_000, validation_examples=10_000)).splits


def splits_of(config: RunConfig) -> Splits:
    """The examples of a config, as `data.load` draws and scales them."""
    asked = {"training": config.train_examples or 5000, "validation": config.validation_examples or 1000}
    shift, factor = STANDARD if config.scale == "standard" else (0.0, 1 / 255 if config.scale == "unit" else 1.0)
    found = {}
    for name, whole in all_data().items():
        chosen = sample(config.order_seed, name, len(whole), asked[name])
        found[name] = Dataset(whole.inputs[chosen], whole.labels[chosen], 10, shift, factor)
    return found


class Frozen:
    """A learner, one layer of which nobody updates."""

    def __init__(self, learner: Learner, layer: str) -> None:
        self._learner, self._layer = learner, layer
        self._kept = self._parameters()

    def _parameters(self) -> dict[str, Array]:
        return {k: v for k, v in self._learner.state_dict().items() if k.startswith(f"{self._layer}.")}

    def train(self, order: Array, batch_size: int) -> Any:
        """Train a few steps at a time, and put the layer back after these."""
        size = 8 * batch_size
        parts = [self._one(order[i : i + size], batch_size) for i in range(0, len(order), size)]
        return type(parts[0])(
            *(np.concatenate([getattr(p, n) for p in parts]) for n in ("losses", "wrong", "examples"))
        )

    def _one(self, order: Array, batch_size: int) -> Any:
        found = self._learner.train(order, batch_size)
        self._learner.load_state_dict(self._learner.state_dict() | self._kept)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._learner, name)


class Watched:
    """One plan as a training, its history, and what the doctor said."""

    def __init__(self, plan: Plan, changes: Mapping[str, Any] | None = None, *, planted: bool = True) -> None:
        self.plan = plan
        self.heard: list[Event] = []  # what was measured and said, in order
        settings = plan.settings | ({} if planted else plan.reference) | dict(changes or {})
        self.config = RunConfig.from_mapping({"network": "softmax", **settings})
        random = plan.random()
        cured = bool(changes) and (plan.cured_by in changes or plan.cured_by == "any")
        self.splits = splits_of(self.config)
        if plan.data and planted and not cured:
            self.splits = plan.data(self.splits, random)
        learner = self._build()
        if plan.weights and planted and not cured:
            learner.load_state_dict(plan.weights(learner.state_dict(), random))
        if plan.frozen and planted:
            learner = cast(Learner, Frozen(learner, plan.frozen))
        inspector = Inspector(self.config.network_config, self.splits["validation"])
        self.training = Training(self.config, learner, len(self.splits["training"]), inspect=inspector)
        self.history = History(self.config, self.training.progress.steps_per_epoch)
        self._saved: list[tuple[int, dict[str, Array]]] = [(0, learner.state_dict())]
        self._consultation = Consultation(self.training, self.splits, lambda: self._saved)

    @classmethod
    def mended(cls, plan: Plan, request: Mapping[str, Any], epoch: int) -> "Watched":
        """The run after a request was done at the end of an epoch: the same one, a branch of it, or a new one."""
        action, changes = request["action"], request["changes"]
        if action == "restart":
            return cls(plan, changes)
        ill = cls(plan)
        for _ in ill.epochs(epoch) if epoch else ():
            pass
        if action == "set":
            for name, value in changes.items():
                ill.change(name, value)
            return ill
        branch, checkpoint = cls(plan, changes), ill.training.checkpoint({})
        if checkpoint is not None:
            branch.training.restore(checkpoint)
        return branch

    def _build(self) -> Learner:
        config = self.config
        engine = load_engine(config.engine)
        return engine.build(config.network_config, config.optimizer_config, splits=self.splits, seed=config.seed)

    def epochs(self, count: int) -> Iterator[History]:
        """Train; after each epoch, and at the end, the history."""
        if self.history.surveyed is None:
            self._say(self._consultation.begin(self.history))
        for events in self.training.slices():
            for event in events:
                self._hear(event)
            self._say(self._consultation.after(events, self.history))
            if any(isinstance(event, EpochMeasured) for event in events):
                self._saved = [(self.training.progress.step, self.training.learner.state_dict())]
                yield self.history
                if self.history.epoch >= count:
                    return
        yield self.history

    def _say(self, events: Any) -> None:
        for event in list(events):
            self._hear(event)

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        self.history.add(event)

    def change(self, name: str, value: Any) -> None:
        """Change a live setting, and say so."""
        old, progress = self.training.setting(name), self.training.progress
        self.training.change(name, value)
        self._say([SettingChanged(name, old, self.training.setting(name), progress.epochs_done, progress.step)])
