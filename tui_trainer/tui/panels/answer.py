"""What the network makes of a drawing: its answer, the probabilities as bars, and the picture as it saw it."""

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment

from engines.interface import Array
from tui_trainer.drawing import resampled
from tui_trainer.text import printable
from tui_trainer.tui.blocks import Block, beside, block, stack, words
from tui_trainer.tui.panels.drawn import DrawnPanel
from tui_trainer.tui.panels.gallery import bars
from tui_trainer.tui.pictures import Ink, picture

GAP = 2


@dataclass(frozen=True)
class Answer:
    """What one run says of the drawing: `certainties` `(classes,)`, or why it says nothing."""

    name: str
    certainties: Array | None = None
    why: str = ""


class AnswerPanel(DrawnPanel):
    """One run's answer, or two side by side."""

    def __init__(self) -> None:
        super().__init__(id="answer")
        self.answers: tuple[Answer, ...] = ()
        self.seen: Array | None = None  # the input as the network gets it, uint8
        self.blank = True

    def show(self, answers: tuple[Answer, ...], seen: Array | None, blank: bool) -> None:
        """Draw these; `blank` paper has no answer yet."""
        self.answers, self.seen, self.blank = answers, seen, blank
        self.redraw()

    def drawn(self, width: int, height: int, ink: Ink) -> Block:
        """Bars above, the picture under them."""
        if not self.answers:
            return words("")
        room = (width - GAP * (len(self.answers) - 1)) // len(self.answers)
        top = beside([self._one(answer, min(room, 46), ink) for answer in self.answers], GAP)
        return stack([top, words(""), self._seen(width, height - top.height - 2, ink)])

    def _one(self, answer: Answer, width: int, ink: Ink) -> Block:
        name = words(printable(answer.name, width), ink.style("quiet"), width)
        if answer.certainties is None:
            return stack([name, words(printable(answer.why), ink.style("bad"), width)])
        shares = np.zeros_like(answer.certainties) if self.blank else answer.certainties
        return stack(
            [name, self._verdict(answer, width, ink), bars(shares.tolist(), width, ink, self.trainer_app.marks.full)]
        )

    def _verdict(self, answer: Answer, width: int, ink: Ink) -> Block:
        if self.blank or answer.certainties is None:
            return words("draw a digit", ink.style("quiet"), width)
        best = int(answer.certainties.argmax())
        sure = "" if answer.certainties[best] > 0.9 else " likely" if answer.certainties[best] > 0.5 else " perhaps"
        article = "an" if str(best).startswith("8") or best in (11, 18) else "a"
        line = [
            Segment(f"it is{sure} {article} ", ink.style("text")),
            Segment(f"{best}", ink.style("primary", bold=True)),
        ]
        return block([line], width)

    def _seen(self, width: int, height: int, ink: Ink) -> Block:
        if self.seen is None or height < 4:
            return words("")
        rows, columns = self.seen.shape
        factor = min(1.0, 2 * height / rows, width / columns)
        factor = factor if factor == 1 or factor < 0.5 else 0.5  # halves stay sharp
        small = resampled(self.seen / 255, max(2, int(rows * factor)), max(2, int(columns * factor)))
        seen = block(picture(small, ink))
        if width - seen.width < 20:
            return seen
        legend = words("what it sees:\ncentred and scaled\nas MNIST is", ink.style("quiet"))
        return beside([seen, legend], GAP)
