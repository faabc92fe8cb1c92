"""Asks all training examples about classes that the inspected ones make doubtful: does any lift its own output?"""

import numpy as np

from engines.interface import Dataset, Learner
from tui_trainer.events import Lifted
from tui_trainer.history import History

DOUBTED_FOR = 10  # epochs; of all training examples, classes are asked for as seldom


def doubtful(history: History) -> list[int]:
    """Classes that are to be asked for: in ten epochs, no inspected example of theirs has lifted its output.

    Not those of which it is known that no example does: nothing has been seen to change that.
    """
    newest = [event.layers for event in history.inspections][-DOUBTED_FOR:]
    if history.epoch % DOUBTED_FOR or len(newest) < DOUBTED_FOR:
        return []
    unlifted = set.intersection(*(set(layers[-1].get("unlifted", ())) for layers in newest if layers))
    return sorted(label for label in unlifted if history.lifted.get(str(label)) != 0)


def lifted(learner: Learner, training: Dataset, classes: list[int], history: History) -> Lifted:
    """How many training examples of these classes lift their own output above zero; dropout off."""
    counts = {}
    for label in classes:
        own = np.flatnonzero(training.labels == label)
        counts[str(label)] = int((learner.predict(training.inputs[own])[:, label] > 0).sum()) if len(own) else 0
    return Lifted(history.epoch, history.step, counts)
