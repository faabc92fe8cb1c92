"""One curve of one run as it is drawn: x in the axis' unit, raw and smoothed y, kept up with what is measured."""

import math
from array import array
from bisect import bisect_left, bisect_right

from tui_trainer.history import History
from tui_trainer.tui.measures import Axis, Measure, points
from tui_trainer.tui.smoothing import Smoother


class Track:
    """The points of one measure and split of a run; `follow` adds those that are new."""

    def __init__(self, history: History, measure: Measure, axis: Axis, weight: float, split: str) -> None:
        self._asked = (history, measure, axis, weight)
        self._split = split
        self._source: object = None
        self._begin()

    def _begin(self) -> None:
        self._smoother = Smoother(self._asked[3])
        self.xs, self.raw, self.smooth = array("d"), array("d"), array("d")
        self.bad: list[int] = []  # places whose value is not finite

    def fits(self, history: History, measure: Measure, axis: Axis, weight: float) -> bool:
        """Whether this track is of that; a history that was folded anew is another one."""
        return self._asked[0] is history and self._asked[1:] == (measure, axis, weight)

    def follow(self) -> None:
        """Take in what was measured since; begin anew where another curve of the history takes over."""
        history, measure, axis, _ = self._asked
        epochs, value_at = points(history, measure, self._split)
        if epochs is not self._source:
            self._source = epochs
            self._begin()
        for place in range(len(self.xs), len(epochs)):
            value = value_at(place)
            if not math.isfinite(value):
                self.bad.append(place)
            self.xs.append(axis.place(history, epochs[place]))
            self.raw.append(value)
            self.smooth.append(self._smoother.add(value))

    def place(self, x: float) -> int | None:
        """Which point lies nearest to an x; None before the first and behind the last."""
        if not self.xs or not self.xs[0] <= x <= self.xs[-1]:
            return None
        after = bisect_left(self.xs, x)
        return after - 1 if after and x - self.xs[after - 1] < self.xs[after] - x else after

    def beside(self, x: float, by: int) -> float | None:
        """The x of the point so many places to the right (or, below 0, left) of one; the ends stay."""
        if not self.xs:
            return None
        place = bisect_right(self.xs, x) - 1 if by > 0 else bisect_left(self.xs, x)
        return self.xs[max(0, min(len(self.xs) - 1, place + by))]

    def first_above_zero(self) -> float | None:
        """The lowest x that a logarithmic axis can show."""
        place = bisect_right(self.xs, 0.0)
        return self.xs[place] if place < len(self.xs) else None
