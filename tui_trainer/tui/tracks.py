"""One curve of one run as it is drawn: x in the axis' unit, raw and smoothed y, kept up with what is measured."""

from bisect import bisect_left, bisect_right

from tui_trainer.history import History
from tui_trainer.tui.measures import Axis, Measure, points
from tui_trainer.tui.smoothing import Smoother


class Track:
    """The points of one measure and split of a run; `follow` adds those that are new."""

    def __init__(self, history: History, measure: Measure, split: str, axis: Axis, weight: float) -> None:
        self.history, self.measure, self.split = history, measure, split
        self._axis, self._smoother = axis, Smoother(weight)
        self._source: object = None
        self.xs: list[float] = []
        self.raw: list[float] = []
        self.smooth: list[float] = []

    def follow(self) -> None:
        """Take in what was measured since; starts anew where another curve of the history takes over."""
        epochs, value_at = points(self.history, self.measure, self.split)
        if epochs is not self._source:
            self._source = epochs
            self._smoother = Smoother(self._smoother.weight)
            self.xs, self.raw, self.smooth = [], [], []
        for place in range(len(self.xs), len(epochs)):
            value = value_at(place)
            self.xs.append(self._axis.place(self.history, epochs[place]))
            self.raw.append(value)
            self.smooth.append(self._smoother.add(value))

    def place(self, x: float) -> int | None:
        """Which point lies nearest to an x; None before the first and behind the last."""
        if not self.xs or not self.xs[0] <= x <= self.xs[-1]:
            return None
        after = bisect_left(self.xs, x)
        if after and x - self.xs[after - 1] < self.xs[after] - x:
            return after - 1
        return after

    def beside(self, x: float, by: int) -> float | None:
        """The x of the point so many places to the right (or, below 0, left) of one; the ends stay."""
        if not self.xs:
            return None
        place = bisect_right(self.xs, x) - 1 if by > 0 else bisect_left(self.xs, x)
        return self.xs[max(0, min(len(self.xs) - 1, place + by))]
