"""Are the dead classes of assignment-2-adam named by the third epoch, the right ones, and no others?"""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from engines import load_engine
from tui_trainer import data
from tui_trainer.config import RunConfig, preset
from tui_trainer.doctor import Doctor
from tui_trainer.events import EpochMeasured
from tui_trainer.history import History
from tui_trainer.inspection import Inspector
from tui_trainer.training import Training

EPOCHS = 3
SEEDS = range(101, 125)


def main(seeds: Sequence[int] = SEEDS) -> None:
    """A line for each preset: seeds with dead classes and how many were named exactly; seeds without, and silence."""
    for name in ("assignment-2-adam", "assignment-2-sgd"):
        if find_spec("torch") is None:
            continue
        results = [named_and_true(name, seed) for seed in seeds]
        dead = [named == true for named, true in results if true]
        alive = [named == [] for named, true in results if not true]
        print(
            f"{name}: {len(dead)} of {len(results)} seeds have dead classes after epoch {EPOCHS}, all of them named "
            f"and no others in {sum(dead)}; {len(alive)} have none, silent in {sum(alive)}"
        )


def named_and_true(name: str, seed: int) -> tuple[list[int], list[int]]:
    """The classes that the doctor has named by the third epoch, and those that no training example reaches then."""
    settings = {key: value for key, value in preset(name).items() if key != "description"}
    config = RunConfig.from_mapping({**settings, "seed": seed, "epochs": EPOCHS})
    splits = data.load(config).splits
    learner = load_engine(config.engine).build(
        config.network_config, config.optimizer_config, splits=splits, seed=seed, steps=EPOCHS * 1000
    )
    inspector = Inspector(config.network_config, splits["validation"])
    training = Training(config, learner, len(splits["training"]), inspect=inspector)
    history, doctor = History(config, training.progress.steps_per_epoch), Doctor()
    for events in training.slices():
        for event in events:
            history.add(event)
        for said in doctor.look(history) if any(isinstance(e, EpochMeasured) for e in events) else ():
            history.add(said)
    finding = history.findings.get("dead-output-units")
    reached = (learner.predict(splits["training"].inputs) > 0).any(0)
    return (finding.evidence["classes"] if finding else []), np.flatnonzero(~reached).tolist()


if __name__ == "__main__":
    main()
