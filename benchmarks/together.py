"""Seeds side by side: how many runs for the time of how many, against each seed alone in the same minute."""

from statistics import median
from time import perf_counter

from engines import load_engine
from engines.interface import Array, Dataset, Learner
from engines.scratch.together import TogetherLearner
from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.data import epoch_order
from tui_trainer.reproduce.assignment import Experiment

SEEDS = (1, 2, 4, 8, 10, 16)
EXPERIMENTS = (
    Experiment("assignment-1", "as-printed"),
    Experiment("assignment-2-adam", "as-printed"),
    Experiment("assignment-2-sgd", "dropout-logits"),
    Experiment("assignment-2-sgd", "dropout-input"),
)


def main(rounds: int = 7) -> None:
    """Print a table for each experiment; an epoch and its validation, ratios of medians within a round."""
    for experiment in EXPERIMENTS:
        config = experiment.config(0, None)
        splits = data.load(config).splits
        print(f"\n| {experiment.name} | milliseconds | runs alone in that time |\n|---|---|---|")
        for seeds in SEEDS:
            report(config, splits, seeds, rounds)


def report(config: RunConfig, splits: dict[str, Dataset], seeds: int, rounds: int) -> None:
    """One line: seeds side by side, and one alone, by turns."""
    engine = load_engine("scratch")
    network, optimizer = config.network_config, config.optimizer_config
    alone = engine.build(network, optimizer, splits=splits, seed=0)
    together = TogetherLearner(network, optimizer, splits=splits, seeds=range(seeds))
    pairs = []
    for number in range(rounds + 1):
        order = epoch_order(1, number + 1, len(splits["training"]))[: 937 * 32]
        pairs.append([timed(learner, order) for learner in (alone, together)])
    ratio = median(b / a for a, b in pairs[1:])
    print(f"| {seeds} seeds | {1000 * median(b for _, b in pairs[1:]):.0f} | {ratio:.2f} |", flush=True)


def timed(learner: Learner | TogetherLearner, order: Array) -> float:
    """Seconds for an epoch and its validation."""
    start = perf_counter()
    learner.train(order, 32)
    learner.evaluate("validation")
    return perf_counter() - start


if __name__ == "__main__":
    main()
