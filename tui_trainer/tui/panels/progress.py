"""How far a run is: epoch, step, speed, times, accuracies; and when it is over, its summary."""

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from tui_trainer.text import printable
from tui_trainer.tui.wording import ago, count, duration, percent, spent

if TYPE_CHECKING:
    from tui_trainer.history import History
    from tui_trainer.tui.app import TrainerApp

GAP = 2  # columns between two figures, at least


class Progress(Widget):
    """A bar, and a row of figures of which the least needed give way."""

    def render(self) -> Content:
        """Three lines: the bar, the words, the figures."""
        app = cast("TrainerApp", self.app)
        history = app.bench.history
        if history is None or not self.size.width:
            return Content("")
        names, values = cards(figures(history, app.bench.clock()), self.size.width - 2)
        return Content("\n").join(
            [bar(history, self.size.width - 2, app.marks.full, app.marks.empty), names, values],
        )


def bar(history: "History", width: int, full: str, empty: str) -> Content:
    """Epoch k of N, a bar, and the share that is done."""
    epochs = history.epochs
    current = min(epochs, history.epoch + (0 if history.ended else 1))
    share = min(1.0, history.position / epochs) if epochs else 0.0
    left, right = f"epoch {current:,} of {epochs:,} ", f" {share * 100:.0f} %"
    room = max(0, width - len(left) - len(right))
    done = int(share * room + 1e-9)
    return Content.assemble(
        " ", (left, "bold"), (full * done, "$primary"), (empty * (room - done), "$line"), (right, "bold")
    )


def figures(history: "History", now: float) -> list[tuple[str, str]]:
    """Names and values, in the order in which they are needed."""
    saved = "not yet" if history.last_saved is None else ago(max(0.0, now - history.last_saved))
    return [
        ("train acc.", percent(history.accuracy("training")["final"])),
        ("valid acc.", percent(history.accuracy("validation")["final"])),
        ("left", duration(None if history.ended else history.remaining_seconds)),
        ("elapsed", duration(history.elapsed)),
        ("examples/s", count(history.examples_per_second)),
        ("step", count(history.step)),
        ("saved", saved),
        ("best epoch", count(history.best_epoch)),
    ]


def cards(items: list[tuple[str, str]], width: int) -> tuple[Content, Content]:
    """As many figures as fit: a line of names, and the values under them."""
    columns = [max(len(name), len(value), 5) for name, value in items]
    while sum(columns) + GAP * (len(columns) - 1) > width and len(columns) > 1:
        columns.pop()
    gap = min(4, (width - sum(columns)) // max(1, len(columns) - 1))
    names, values = Content(" "), Content(" ")
    for (name, value), column in zip(items, columns, strict=False):
        names += Content.styled(name.ljust(column + gap), "$quiet")
        values += Content.styled(value.ljust(column + gap), "bold $foreground")
    return names.rstrip(), values.rstrip()


class Summary(Widget):
    """What came out: largest and last accuracy of both splits, the best epoch, time, where the checkpoint lies."""

    def render(self) -> Content:
        """A small table."""
        app = cast("TrainerApp", self.app)
        history = app.bench.history
        if history is None:
            return Content("")
        where = "" if app.bench.directory is None or app.bench.gone else str(app.bench.directory)
        return summary(history, app.bench.state_word, where, self.size.width)


def summary(history: "History", state: str, directory: str, width: int) -> Content:
    """The summary in five lines; without a directory where the run was removed."""
    word = {"done": "Done", "stopped": "Stopped", "interrupted": "Interrupted", "diverged": "Diverged"}
    style = "bold $success" if state == "done" else "bold $warning"
    head = Content.assemble(
        (f" {word.get(state, 'Failed')}", style),
        (f"  {history.epoch:,} of {history.epochs:,} epochs{_own(history)} in {spent(history.elapsed)}", "$foreground"),
    )
    speed = Content.styled(f"  {count(history.examples_per_second)} examples/s", "$quiet")
    if head.cell_length + speed.cell_length <= width:
        head += speed
    rows = [head, Content.styled(" accuracy        max       final", "$quiet")]
    for split in ("training", "validation"):
        accuracy = history.accuracy(split)
        row = f" {split:<11}{percent(accuracy['max']):>9}   {percent(accuracy['final']):>9}"
        best = f"   best epoch {history.best_epoch:,}" if split == "validation" and history.best_epoch else ""
        rows.append(Content.assemble((row, "bold"), (best, "$quiet")))
    rows.append(_checkpoint(history, directory, width))
    return Content("\n").join(rows)


def _own(history: "History") -> str:
    """How many epochs a fork has trained itself, in whose time they were done."""
    begun = (history.begun or 0) // history.steps_per_epoch if history.steps_per_epoch else 0
    return f", {history.epoch - begun:,} here" if begun else ""


def _checkpoint(history: "History", directory: str, width: int) -> Content:
    if history.checkpoint is None or not directory:
        return Content.styled(f" no checkpoint {'was saved' if history.checkpoint is None else 'is left'}", "$warning")
    path = printable(f"{directory}/checkpoints/{history.checkpoint.name}")
    room = width - 13
    shown = path if len(path) <= room else "…" + path[len(path) - room + 1 :]
    return Content.assemble((" checkpoint ", "$quiet"), (shown, "$foreground"))
