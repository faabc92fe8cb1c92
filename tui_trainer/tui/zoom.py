"""The stretch of the x axis that is seen: zoomed and moved within what there is."""

import math
from dataclasses import dataclass

CLOSEST = 1e-4  # of the whole


@dataclass(frozen=True)
class Stretch:
    """From `low` to `high` of an axis; with `log`, shares of it are taken on the logarithm (both must be above 0)."""

    low: float
    high: float
    log: bool = False

    def at(self, share: float) -> float:
        """The place at a share of the way, 0 being `low` and 1 `high`."""
        low, high = self._in()
        return self._out(low + share * (high - low))

    def share(self, x: float) -> float:
        """How far along a place lies; the inverse of `at`."""
        low, high = self._in()
        return (self._scaled(x) - low) / (high - low)

    def zoomed(self, whole: "Stretch", factor: float, around: float) -> "Stretch":
        """`factor` times as close (below 1: farther), the place `around` staying where it is, within `whole`."""
        share = min(1.0, max(0.0, self.share(around)))
        low, high = self._in()
        first, last = whole._in()
        width = min(last - first, max((last - first) * CLOSEST, (high - low) / factor))
        start = low + share * (high - low) - share * width
        return self._within(whole, start, width)

    def moved(self, whole: "Stretch", share: float) -> "Stretch":
        """Moved by a share of what is seen, to the right if above 0, within `whole`."""
        low, high = self._in()
        return self._within(whole, low + share * (high - low), high - low)

    def _within(self, whole: "Stretch", start: float, width: float) -> "Stretch":
        first, last = whole._in()
        width = min(width, last - first)
        start = min(max(start, first), last - width)
        return Stretch(self._out(start), self._out(start + width), self.log)

    def _in(self) -> tuple[float, float]:
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (low, high) if high > low else (low, low + 1.0)

    def _scaled(self, x: float) -> float:
        return math.log10(max(x, 1e-300)) if self.log else x

    def _out(self, place: float) -> float:
        return 10.0 ** min(place, 300.0) if self.log else place
