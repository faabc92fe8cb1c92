"""What Curves shows: from the user's choices and the runs, the plots, and the values under the cursor."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui_trainer.tui.bands import alike, band
from tui_trainer.tui.curve_signs import signs
from tui_trainer.tui.measures import AXES, MEASURES, SPLITS, Axis, Measure
from tui_trainer.tui.overlay import Overlay, Shown
from tui_trainer.tui.panels.run_plots import span
from tui_trainer.tui.tracks import Track
from tui_trainer.tui.zoom import Stretch

if TYPE_CHECKING:
    from tui_trainer.tui.plot import Plot, Series
    from tui_trainer.tui.themes import Palette

BOTH = "both"


@dataclass
class View:
    """The choices of the user, and the tracks that they ask for."""

    overlay: Overlay
    measure: Measure = MEASURES[0]
    axis: Axis = AXES[0]
    split: str = BOTH
    log_x: bool = False
    log_y: bool = False
    weight: float = 0.0  # of the smoothing
    banded: bool = False  # whether runs that differ in their seeds alone are drawn as a median and a band
    signs: int = 2  # 0 none, 1 without checkpoints, 2 all
    stretch: Stretch | None = None  # the zoom; None shows all
    cursor: float | None = None
    selected: int = 0  # row of the legend
    one_plot: bool = False  # where there is no room for two
    tracks: dict[tuple[Path, str], Track] = field(default_factory=dict)

    # -- what there is -------------------------------------------------------

    @property
    def chosen(self) -> Shown | None:
        """The run that is selected in the legend."""
        runs = self.overlay.runs
        return runs[min(self.selected, len(runs) - 1)] if runs else None

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are drawn; one empty name for a measure without."""
        if not self.measure.splits:
            return ("",)
        if self.split == BOTH:
            return ("validation",) if self.one_plot and not self.overlaid else SPLITS
        return (self.split,)

    @property
    def overlaid(self) -> bool:
        """Whether both splits stand in one plot, as they do for a single run."""
        return self.split == BOTH and len(self.overlay.visible) == 1 and bool(self.measure.splits)

    def track(self, shown: Shown, split: str) -> Track:
        """The curve of a run, as far as it was measured."""
        key, kept = (shown.path, split), self.tracks.get((shown.path, split))
        wanted = (shown.history, self.measure, self.axis, self.weight)
        if kept is None or not kept.fits(*wanted):
            kept = self.tracks[key] = Track(*wanted, split)
        kept.follow()
        return kept

    def whole(self) -> Stretch:
        """All of the x axis that the visible runs fill."""
        tracks = [(shown, self.track(shown, split)) for shown in self.overlay.visible for split in self.splits]
        filled = [(shown, track) for shown, track in tracks if track.xs]
        high = max((self._end(shown, track) for shown, track in filled), default=1.0)
        if not self.log_x:
            return Stretch(0.0, high if high > 0 else 1.0)
        low = min((x for _, track in filled if (x := track.first_above_zero()) is not None), default=1.0)
        return Stretch(low, high if high > low else low * 10, log=True)

    def _end(self, shown: Shown, track: Track) -> float:
        """A run that trains has room to grow into; in seconds it is not known how much."""
        if self.axis.name == "seconds":
            return track.xs[-1]
        return max(track.xs[-1], self.axis.place(shown.history, span(shown.history)))

    @property
    def seen(self) -> Stretch:
        """The stretch of the x axis that is shown."""
        return self.stretch or self.whole()

    # -- the plots -----------------------------------------------------------

    def plots(self, ascii: bool, palette: "Palette") -> "list[Plot]":
        """One plot, or one for each split where several runs are drawn."""
        groups = [self.splits] if self.overlaid else [(split,) for split in self.splits]
        return [self._plot(group, ascii, palette) for group in groups]

    def _plot(self, splits: tuple[str, ...], ascii: bool, palette: "Palette") -> "Plot":
        from tui_trainer.tui.plot import Plot

        seen = self.seen
        return Plot(
            title=self._title(splits),
            x_label=self.axis.name,
            series=tuple(self._series(splits)),
            x_limits=(seen.low, seen.high),
            log_x=self.log_x,
            log_y=self.log_y,
            percent=self.measure.percent,
            whole_x=self.axis.name != "seconds" and seen.high - seen.low >= 2,
            signs=tuple(signs(self, splits, ascii, palette)),
            cursor=self.cursor,
        )

    def _title(self, splits: tuple[str, ...]) -> str:
        words = [f"{splits[0]} {self.measure.name}" if splits[0] and not self.overlaid else self.measure.name]
        if self.log_x or self.log_y:
            words.append("log " + " and ".join(name for name, on in (("x", self.log_x), ("y", self.log_y)) if on))
        if self.weight:
            words.append(f"smoothed {self.weight:g}")
        words += [f"median and band of {len(group)} seeds" for group in self._groups() if len(group) > 1]
        return ", ".join(words)

    def slot_of(self, shown: Shown) -> int:
        """The slot whose mark and colour a run's curve has: in a band, that of the band."""
        return next((group[0].slot for group in self._groups() if shown in group), shown.slot)

    def _groups(self) -> list[list[Shown]]:
        """What is drawn as one: each run by itself, or those that differ in their seeds alone together.

        In seconds no two runs have a point at the same place, and there is no band.
        """
        chosen = self.chosen
        runs = sorted(self.overlay.visible, key=lambda shown: shown is not chosen)
        return alike(runs) if self.banded and self.axis.name != "seconds" else [[shown] for shown in runs]

    def _series(self, splits: tuple[str, ...]) -> "list[Series]":
        from tui_trainer.tui.plot import Series

        behind, before = [], []
        for group in self._groups():
            if len(group) > 1:
                curves, hatched = self._band(group, splits)
                before += curves
                behind += hatched
                continue
            (shown,) = group
            for split in splits:
                track = self.track(shown, split)
                slot = SPLITS.index(split) if self.overlaid else shown.slot
                label = split if self.overlaid else ""
                value = self.measure.write(track.raw[-1] if track.raw else None)
                if self.weight:
                    behind.append(Series("", track.xs, track.raw, slot, faint=True))
                before.append(Series(label, track.xs, track.smooth if self.weight else track.raw, slot, value=value))
        return before + behind  # the first lies on top

    def _band(self, group: list[Shown], splits: tuple[str, ...]) -> "tuple[list[Series], list[Series]]":
        from tui_trainer.tui.plot import Series

        curves, hatched, slot = [], [], group[0].slot
        for split in splits:
            found = band([self.track(shown, split) for shown in group], smooth=bool(self.weight))
            curves.append(Series("", found.xs, found.middle, slot))
            hatched.append(Series("", *found.hatched(), slot, faint=True))
        return curves, hatched

    # -- the cursor ----------------------------------------------------------

    def move_cursor(self, by: int) -> None:
        """To the point so many places to the right, of the selected run; the first step puts it in the middle."""
        track = self._followed()
        if track is None or not track.xs:
            return
        if self.cursor is None:
            self.put_cursor(self.seen.at(0.5))
        else:
            self.cursor = track.beside(self.cursor, by)
        self._show_cursor()

    def put_cursor(self, x: float) -> None:
        """To the point of the selected run that is nearest to an x."""
        track = self._followed()
        if track is not None and track.xs:
            place = track.place(min(max(x, track.xs[0]), track.xs[-1]))
            self.cursor = None if place is None else track.xs[place]

    def put_at_mark(self, by: int) -> None:
        """To the next (1) or previous (-1) thing that happened to the selected run; checkpoints are too many."""
        shown = self.chosen
        if shown is None:
            return
        history = shown.history
        places = sorted({self.axis.place(history, mark.epoch) for mark in history.marks})
        here = self.cursor if self.cursor is not None else -1.0 if by > 0 else float("inf")
        further = [x for x in places if (x > here if by > 0 else x < here)]
        if further:
            self.cursor = further[0] if by > 0 else further[-1]
            self._show_cursor()

    def _followed(self) -> Track | None:
        """The track along whose points the cursor steps."""
        shown = self.chosen
        if shown is None or shown not in self.overlay.visible:
            shown = next(iter(self.overlay.visible), None)
        return None if shown is None else self.track(shown, self.splits[-1])

    def _show_cursor(self) -> None:
        """Move the zoom so that the cursor is in it."""
        if self.stretch is not None and self.cursor is not None and not 0 <= self.stretch.share(self.cursor) <= 1:
            self.stretch = self.stretch.moved(self.whole(), self.stretch.share(self.cursor) - 0.5)

    # -- zoom ----------------------------------------------------------------

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Closer (above 1) or farther, around a place, the cursor, or the middle."""
        seen, whole = self.seen, self.whole()
        if around is None:
            inside = self.cursor is not None and 0 <= seen.share(self.cursor) <= 1
            around = self.cursor if inside and self.cursor is not None else seen.at(0.5)
        nearer = seen.zoomed(whole, factor, around)
        self.stretch = None if nearer == whole else nearer

    def pan(self, share: float) -> None:
        """Move by a share of what is seen."""
        if self.stretch is not None:
            self.stretch = self.stretch.moved(self.whole(), share)
