"""Finds where the first number that is not finite arose: trains again up to the bad step, and looks into it."""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from engines.interface import Array, Dataset, Learner, Trace
from tui_trainer.checkpoint import CheckpointError, read_checkpoint
from tui_trainer.config import RunConfig
from tui_trainer.data import epoch_order
from tui_trainer.events import NotFinite
from tui_trainer.store import CheckpointStore
from tui_trainer.training import Training, with_optimizer

State = Mapping[str, Array]
Saved = Callable[[], Iterable[tuple[int, State]]]  # steps and states that were saved, newest first


def saved_in(checkpoints: CheckpointStore) -> Saved:
    """The good checkpoints of a run, read one by one as they are asked for."""

    def states() -> Iterable[tuple[int, State]]:
        for name in checkpoints.names():
            try:
                saved = read_checkpoint(checkpoints.path(name))
            except CheckpointError:
                continue
            yield int(saved.about["step"]), saved.tensors

    return states


def where_it_arose(training: Training, data: Dataset, saved: Iterable[tuple[int, State]]) -> NotFinite:
    """Which layer's output, gradient or weight was the first that is not finite; changes nothing in the training."""
    learner, steps = training.lent(), training.progress.steps_per_epoch
    bad = training.diverged_at or training.progress.step
    epoch = max(1, math.ceil(bad / steps))
    broken = learner.state_dict()
    first = (epoch - 1) * steps  # settings may have been others in an earlier epoch
    begun = next(((step, state) for step, state in saved if first <= step < bad), None)
    if begun is None:
        return NotFinite(epoch, bad, *first_bad(broken, "weight"))
    try:
        state = with_optimizer(begun[1], broken)
        learner.load_state_dict({name: state[name] for name in broken})
        trace = _trace_of_step(training.config, learner, data, epoch, begun[0] - first, bad - first)
    finally:
        learner.load_state_dict(broken)
    found = (
        first_bad(trace.activations, "output"),
        first_bad(trace.gradients, "gradient"),
        first_bad(broken, "weight"),
    )
    layer, part = next((place for place in found if place[0]), found[-1])
    return NotFinite(epoch, bad, layer, part, _largest(trace))


def _trace_of_step(config: RunConfig, learner: Learner, data: Dataset, epoch: int, begun: int, bad: int) -> Trace:
    """What flowed in a step of an epoch, counted from 1, after the learner was trained up to it from `begun`."""
    size = config.batch_size
    order = epoch_order(config.order_seed, epoch, len(data), config.shuffle)
    learner.train(order[begun * size : (bad - 1) * size], size)
    batch = order[(bad - 1) * size : bad * size]
    with np.errstate(all="ignore"):
        return learner.trace(data.inputs[batch], data.labels[batch])


def _largest(trace: Trace) -> dict[str, float]:
    sizes = {name: float(np.abs(values).max()) for name, values in trace.activations.items()}
    return {name: float(f"{size:.6g}") for name, size in sizes.items() if np.isfinite(size)}


def first_bad(arrays: Mapping[str, Array], part: str) -> tuple[str, str]:
    """The layer of the first array that is not finite, and `part`; an empty name where all are."""
    names = (name for name, values in arrays.items() if values.dtype.kind == "f" and not np.isfinite(values).all())
    return next(names, "").removeprefix("optimizer.").split(".")[0], part
