"""Reproductions made up of scripted accuracies, so that what a report says of them is known."""

from collections.abc import Sequence
from pathlib import Path

from tui_trainer.events import Ended, EpochMeasured, FindingMade
from tui_trainer.history import History
from tui_trainer.reproduce.assignment import DATA_SEED, Experiment, experiments
from tui_trainer.reproduce.crosscheck import CrossCheck
from tui_trainer.reproduce.measured import OutputUnits, Row, SeedResult
from tui_trainer.reproduce.plan import Plan
from tui_trainer.reproduce.reproduction import Reproduction
from tui_trainer.store.directory import RunDirectory, make_run

EPOCHS = 4


def scripted_row(
    experiment: Experiment,
    finals: Sequence[float],
    runs: Path,
    *,
    dead: dict[int, list[int]] | None = None,
    own_data: bool = False,
    cpu: str = "a processor",
    epochs: int | None = None,
) -> Row:
    """A row whose seeds come up to a final accuracy (training and validation alike) in `EPOCHS` epochs.

    `epochs` is how long it is said to be, as long as the assignment's if None.
    """
    seeds = {}
    for seed, final in enumerate(finals):
        lost = (dead or {}).get(seed, [])
        units = OutputUnits(lost[:1], lost, 1 - len(lost) / 10)
        directory = _directory(experiment, seed, runs, own_data, cpu)
        seeds[seed] = SeedResult(directory, _history(directory, final, named=bool(lost)), units)
    said = experiment.config(0, epochs).epochs
    return Row(experiment, "scratch", None if own_data else DATA_SEED, said, seeds)


def _directory(experiment: Experiment, seed: int, runs: Path, own_data: bool, cpu: str) -> RunDirectory:
    config = experiment.config(seed, EPOCHS, own_data=own_data)
    about = {"config": config.to_mapping(), "steps_per_epoch": 937, "versions": {"numpy": "2.0"}, "cpu": cpu}
    data = [{"name": "train-images", "size": 10, "sha256": "ab" * 32}]
    return make_run(runs, about | {"threads": 1, "git_commit": None, "data": data})


def _history(directory: RunDirectory, final: float, *, named: bool) -> History:
    """`named`: the doctor finds dead units, and a plateau that they explain."""
    history = History(directory.config(), 937, directory.id)
    for epoch in range(1, EPOCHS + 1):
        error = 1 - final + 0.1 * (EPOCHS - epoch)
        history.add(EpochMeasured(epoch, 937 * epoch, 2 * error, error, 2 * error, error, 0.01, 1.0 * epoch))
    if named:
        cause, effect = "dead-output-units", "plateau"
        history.add(FindingMade(cause, 2, 1874, "error", {}, "why", "cure", explains=[effect]))
        history.add(FindingMade(effect, 3, 2811, "note", {}, "why", "cure", explained_by=[cause]))
    history.add(Ended("done", EPOCHS, 937 * EPOCHS))
    return history


# preset → variant → final accuracies of three seeds
ACCURACIES = {
    "assignment-1": {"as-printed": (0.72, 0.84, 0.945), "without-relu": (0.92, 0.921, 0.922)},
    "assignment-2-sgd": {
        "as-printed": (0.93, 0.931, 0.932),
        "dropout-input": (0.931, 0.932, 0.933),
        "dropout-logits": (0.80, 0.93, 0.90),
        "without-relu": (0.93, 0.931, 0.9325),
    },
    "assignment-2-adam": {
        "as-printed": (0.40, 0.55, 0.45),
        "dropout-input": (0.41, 0.52, 0.71),
        "dropout-logits": (0.3, 0.2, 0.1),
        "without-relu": (0.90, 0.902, 0.904),
    },
}


def scripted_reproduction(runs: Path, *, epochs: int | None = None, cpu: str = "a processor") -> Reproduction:
    """All ten rows, with dead units in assignment-1 (one seed) and Adam as printed (all seeds)."""
    dead = {"assignment-1": {0: [1, 7]}, "assignment-2-adam": {0: [0, 1, 2], 1: [3, 4], 2: [9]}}
    rows = [
        scripted_row(
            experiment,
            ACCURACIES[experiment.preset][experiment.variant],
            runs,
            dead=dead.get(experiment.preset) if experiment.variant == "as-printed" else None,
            cpu=cpu,
            epochs=epochs,
        )
        for experiment in experiments()
    ]
    printed = [row.experiment for row in rows if row.experiment.variant == "as-printed"]
    own = [scripted_row(experiment, (0.8, 0.9, 0.95), runs, own_data=True, epochs=epochs) for experiment in printed]
    none = {"training": 0.0, "validation": 0.0002}
    check = CrossCheck(
        rows[2].experiment, 0, "pytorch", "20261123-000000-abcd", "20261123-000000-efgh", none, none, 3.0
    )
    return Reproduction(Plan([row.experiment for row in rows], 3, epochs), rows, own, [check], 12.5, 340.0)
