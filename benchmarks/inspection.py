"""What the inspection of the layers, once an epoch, costs: its share of an epoch, validation included."""

from collections.abc import Iterator
from importlib.util import find_spec
from statistics import median
from time import process_time
from typing import Any

from engines import load_engine
from engines.interface import Learner
from tui_trainer import data
from tui_trainer.config import RunConfig, preset
from tui_trainer.doctor import Doctor
from tui_trainer.events import EpochMeasured, Event
from tui_trainer.history import History
from tui_trainer.inspection import Inspector
from tui_trainer.training import Training

TASKS: dict[str, dict[str, Any]] = {
    "assignment": {},
    "mlp 784→128→10": {"network": "mlp", "init": "he"},
    "lenet, 6,000 examples": {"network": "lenet", "init": "he", "train_examples": 6000},
}


def main(rounds: int = 40) -> None:
    """A line for each task and engine: medians of an epoch without, and of what comes on top, in processor time."""
    for engine in ("scratch", "pytorch") if find_spec("torch") else ("scratch",):
        for title, settings in TASKS.items():
            report(f"{engine}, {title}", {"engine": engine, **settings}, rounds if "lenet" not in title else 4)


def report(title: str, settings: dict[str, Any], rounds: int) -> None:
    """Print how long an epoch, its inspection and the doctor's look take."""
    plain = {name: value for name, value in preset("assignment-1").items() if name != "description"}
    config = RunConfig.from_mapping({**plain, **settings, "epochs": rounds + 1})
    loaded = data.load(config)
    learner = load_engine(config.engine).build(
        config.network_config, config.optimizer_config, splits=loaded.splits, seed=config.seed
    )
    inspector = Clocked(config, loaded)
    training = Training(config, learner, len(loaded.splits["training"]), inspect=inspector)
    doctor, history = Doctor(), History(config, training.progress.steps_per_epoch)
    epochs, looks = [], []
    start = process_time()
    for events in epochs_of(training):
        epochs.append(process_time() - start - inspector.seconds[-1])
        for event in events:
            history.add(event)
        start = process_time()
        for event in doctor.look(history):
            history.add(event)
        looks.append(process_time() - start)
        start = process_time()
    epoch, inspection, look = (1000 * median(values[1:]) for values in (epochs, inspector.seconds, looks))
    print(
        f"{title:<36} epoch {epoch:8.1f} ms   inspection {inspection:6.2f} ms, {inspection / epoch:.2%}"
        f"   rules {look:5.2f} ms, {look / epoch:.2%}"
    )


class Clocked(Inspector):
    """An inspector that notes how long each inspection takes, in the place where it is done: with cold caches."""

    def __init__(self, config: RunConfig, loaded: data.Loaded) -> None:
        super().__init__(config.network_config, loaded.splits["validation"])
        self.seconds: list[float] = []

    def __call__(self, learner: Learner) -> list[dict[str, Any]]:
        """Inspect."""
        start = process_time()
        found = super().__call__(learner)
        self.seconds.append(process_time() - start)
        return found


def epochs_of(training: Training) -> Iterator[list[Event]]:
    """The events of one epoch after another."""
    events: list[Event] = []
    for part in training.slices():
        events += part
        if any(isinstance(event, EpochMeasured) for event in part):
            yield events
            events = []
