"""What a person should know of a run now: findings, warnings, a failed save, a silent trainer, why it ended."""

from textwrap import wrap
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from tui_trainer.text import printable
from tui_trainer.tui.bench import Bench
from tui_trainer.tui.mending import can_mend, verdicts
from tui_trainer.tui.wording import ago

if TYPE_CHECKING:
    from tui_trainer.history import History
    from tui_trainer.tui.app import TrainerApp

Notice = tuple[str, str]  # (how bad: note, warning or error; the sentence)
_STYLES = {"note": "$quiet", "warning": "$warning", "error": "bold $error"}
_SIGNS = {"note": "·", "warning": "!", "error": "!"}


def notices(bench: Bench) -> list[Notice]:
    """All there is to say, the worst first."""
    history = bench.history
    if history is None:
        return []
    found = [*_state(bench, history), *_saving(history, bench.clock()), *_findings(history), *verdicts(history)]
    found += [("warning", message) for message in reversed(history.warnings)]
    return sorted(found, key=lambda notice: ("error", "warning", "note").index(notice[0]))


def _state(bench: Bench, history: "History") -> list[Notice]:
    if bench.silence:
        return [("error", bench.silence)]
    if history.status in ("diverged", "failed"):
        reason = history.reason or "the trainer gave no reason; see its log"
        return [("error", f"{history.status}: {reason}")]
    if history.status in ("loading", "starting"):
        return [("note", f"loading {history.reason}" if history.reason else "the trainer is starting")]
    if history.status == "paused":
        why = "" if history.reason in ("", "asked") else f": {printable(history.reason)}"
        return [("warning", f"paused after {history.epoch:,} epochs{why}; space goes on")]
    return [("note", history.reason)] if history.reason else []


def _saving(history: "History", now: float) -> list[Notice]:
    failure = history.save_failure
    if failure is None:
        return []
    last = "nothing is saved yet" if history.last_saved is None else f"last saved {ago(now - history.last_saved)}"
    return [("error", f"{last}: {failure.what} failed: {failure.reason}")]


def _findings(history: "History") -> list[Notice]:
    explained = {rule for finding in history.findings.values() for rule in finding.explains}
    return [
        (finding.severity, f"{finding.why} {finding.cure}{' d does it.' if can_mend(finding, history) else ''}")
        for finding in history.findings.values()
        if finding.rule not in explained
    ]


class Notices(Widget):
    """The worst first, wrapped, in as many lines as there is room for."""

    _found: tuple[Notice, ...] = ()

    def show(self) -> None:
        """Ask what there is to say; the panel changes its height only when that has changed."""
        found = tuple(notices(cast("TrainerApp", self.app).bench))
        if found != self._found:
            self._found = found
            self.refresh(layout=True)
        self.display = bool(found)

    def render(self) -> Content:
        """What does not fit is counted in the last line."""
        most = int(self.styles.max_height.value) if self.styles.max_height else 3
        lines = [line for notice in self._found for line in self._wrapped(*notice)]
        if len(lines) <= most:
            return Content("\n").join(lines)
        kept = lines[: max(1, most - 1)]
        return Content("\n").join([*kept, self._more(len(self._found))] if most > 1 else kept)

    def _wrapped(self, severity: str, sentence: str) -> list[Content]:
        signs = [f" {_SIGNS.get(severity, '!')} ", "   "]
        style = _STYLES.get(severity, "$warning")
        rows = wrap(printable(sentence), max(16, self.size.width - 4)) or [""]
        return [Content.styled(f"{signs[bool(index)]}{row}", style) for index, row in enumerate(rows)]

    def _more(self, count: int) -> Content:
        words = "f shows it in full" if count == 1 else f"f shows all {count} of these in full"
        return Content.styled(f"   {words}", "$quiet")
