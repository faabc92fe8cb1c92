"""Runs: a table of all runs under the folder, and all that can be done with one or some of them."""

import asyncio
from collections.abc import Iterable
from functools import partial

from textual.widget import Widget
from textual.widgets import Input, Static

from tui_trainer.text import printable
from tui_trainer.tui.commands import Command, bindings
from tui_trainer.tui.panels.run_table import RunHeadings, RunTable
from tui_trainer.tui.run_columns import COLUMNS
from tui_trainer.tui.run_deeds import RunDeeds
from tui_trainer.tui.run_list import Filter, RunList
from tui_trainer.tui.screens.base import BenchScreen

MANY, MANY_PERIOD = 500, 5  # runs that take a while to sort, and in how many ticks they are
WORK_SECONDS = 0.06  # of reading between two looks of the screen, so that a key is answered at once


class FilterLine(Input):
    """Where the words are typed that a row must have."""

    hint = "words to find in name, state, engine, network, optimizer, rate; Enter, Esc"


class RunsScreen(BenchScreen):
    """The shelf."""

    NAME = "Runs"
    KEYS = (
        Command("enter", "do('open')", "Open", "Look at the run; one that trains is attached to."),
        Command(
            "space", "mark", "Mark", "Mark the run, or take the mark away; many keys do something with all marked."
        ),
        Command("slash", "filter", "Filter", "Show only the runs that have the words that you type.", shown="/"),
        Command(
            "v",
            "do('curves')",
            "Curves",
            "The curves of the marked runs; without marks, this one beside those shown.",
        ),
        Command(
            "c", "do('compare')", "Compare", "Show what differs in the marked runs' settings, then in their results."
        ),
        Command(
            "r", "do('resume')", "Resume", "Go on with the run from its newest checkpoint; one that is done, further."
        ),
        Command("f", "do('fork')", "Fork", "Branch from a checkpoint of the run with changed settings."),
        Command("s", "sort(1)", "Sort", "Sort by the next column."),
        Command("S", "turn", "Turn", "Turn the order around.", footer=False),
        Command("n", "do('rename')", "Name", "Give the run another name; its directory keeps its own."),
        Command("e", "do('export')", "Export", "Write the curves of the marked runs, or of this one, as CSV."),
        Command("d,delete", "do('delete')", "Delete", "Delete the marked runs, or this one; asks first."),
        Command("a", "mark_all", "Mark all", "Mark all runs that are shown, or none.", footer=False),
        Command("escape", "no_filter", "No filter", "Show all runs again.", footer=False),
    )
    BINDINGS = bindings(KEYS)
    CSS = """
    #about-runs { height: 1; padding: 0 1; color: $quiet; }
    #headings { height: 1; background: $surface; }
    #filter { display: none; height: 1; padding: 0 1; border: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.runs: RunList
        self._busy = False  # a thread reads
        self._stale = False  # rows have changed since they were sorted
        self._ticks = 0
        self.doing: set[asyncio.Task[None]] = set()  # deeds that ask or read

    def body(self) -> Iterable[Widget]:
        """How many there are, the filter, the table."""
        self.runs = RunList(self.bench.runs)
        yield Static("looking for runs", id="about-runs", markup=False)
        yield FilterLine(placeholder="words to look for", id="filter", compact=True, select_on_focus=False)
        yield RunHeadings(self.runs)
        yield RunTable(self.runs)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be done before there is something to do it with: a key may come that early."""
        return super().check_action(action, parameters) if self.children else False

    def on_mount(self) -> None:
        """Begin in the table."""
        super().on_mount()
        self.table.focus()
        self.tick()

    @property
    def table(self) -> RunTable:
        """The table."""
        return self.query_one(RunTable)

    # -- reading -------------------------------------------------------------

    def tick(self) -> None:
        """Let a thread read for a moment; sort and draw twice a second; few runs as often as plots."""
        self._ticks += 1
        if not self._busy:
            self._busy = True
            self.run_worker(partial(self._read, self.table.seen), thread=True, group="reading")
        often = self.bench_app.redraw_period if len(self.runs.names) < MANY else MANY_PERIOD
        if self._stale and (self._ticks % often == 0 or not self.table.names):
            self.refresh_runs()

    def _read(self, seen: list[str]) -> None:
        try:
            if self.runs.work(seen, WORK_SECONDS):
                self._stale = True
        finally:
            self._busy = False

    def refresh_runs(self) -> None:
        """Sort, filter and draw."""
        self._stale = False
        self.table.show()
        self.query_one(RunHeadings).refresh()
        self.query_one("#about-runs", Static).update(self._about())
        self.hint_changed()

    def _about(self) -> str:
        runs = self.runs
        words = [f"{len(runs.names):,} run{'' if len(runs.names) == 1 else 's'} in {printable(runs.folder)}"]
        if runs.filter.text:
            words.append(f"{len(self.table.names):,} with {printable(runs.filter.text)!r}")
        words += [f"{count:,} {word}" for count, word in ((runs.alive, "alive"), (len(runs.marked), "marked")) if count]
        if runs.unread:
            words.append(f"reading, {runs.unread:,} to go")
        return " · ".join(words)

    def on_run_table_moved(self) -> None:
        """Tell about the run under the cursor."""
        self.hint_changed()

    # -- which ones ----------------------------------------------------------

    def _targets(self) -> list[str]:
        """The marked runs in the order of the list, or the one under the cursor."""
        marked = [name for name in self.runs.names if name in self.runs.marked]
        return marked or [name for name in [self.table.name_at] if name]

    def action_mark(self) -> None:
        """Mark or unmark, and go on to the next."""
        if (name := self.table.name_at) is not None:
            self.runs.marked ^= {name}
            self.table.action_move(1)
            self.refresh_runs()

    def action_mark_all(self) -> None:
        """All that are shown, or none."""
        self.runs.marked = set() if self.runs.marked else set(self.table.names)
        self.refresh_runs()

    # -- order and filter ----------------------------------------------------

    def action_sort(self, by: int) -> None:
        """By the next column; behind the last one, newest first."""
        keys = [None, *(column.key for column, _ in self.table.columns)]
        place = keys.index(self.runs.key) if self.runs.key in keys else 0
        self.runs.key = keys[(place + by) % len(keys)]
        self.refresh_runs()

    def action_sort_by(self, name: str) -> None:
        """By a column; again turns the order around."""
        key = next(column.key for column in COLUMNS if column.name == name)
        self.runs.falling = not self.runs.falling if self.runs.key is key else False
        self.runs.key = key
        self.refresh_runs()

    def action_turn(self) -> None:
        """The other way around."""
        self.runs.falling = not self.runs.falling
        self.refresh_runs()

    def action_filter(self) -> None:
        """Type words."""
        line = self.query_one(FilterLine)
        line.display = True
        line.focus()

    def action_no_filter(self) -> None:
        """All runs."""
        line = self.query_one(FilterLine)
        line.value, line.display = "", False
        self.table.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        self.runs.filter = Filter(event.value)
        self.refresh_runs()

    def on_input_submitted(self) -> None:
        """On to the rows."""
        self.query_one(FilterLine).display = bool(self.runs.filter.text)
        self.table.focus()

    # -- deeds ---------------------------------------------------------------

    def action_do(self, deed: str) -> None:
        """Open, compare, resume, fork, …: with the marked runs or the one under the cursor."""
        alone = deed in ("open", "resume", "fork", "rename")
        names = [name for name in [self.table.name_at] if name] if alone else self._targets()
        if names:
            doing = asyncio.create_task(self._do(deed, names))
            self.doing.add(doing)
            doing.add_done_callback(self.doing.discard)

    async def _do(self, deed: str, names: list[str]) -> None:
        try:
            said = await getattr(RunDeeds(self.bench_app, self.runs), deed)(names)
        except Exception as error:  # a run directory and an engine are foreign: their failure is a sentence here
            from tui_trainer.run.outcome import one_line

            self.notify(printable(one_line(error)), severity="error", markup=False)
        else:
            if said:
                self.notify(printable(said), markup=False)


SCREEN = RunsScreen
