"""Puts a report into its folder."""

from pathlib import Path

from tui_trainer.reproduce.report.blocks import Figures
from tui_trainer.reproduce.report.content import content, title
from tui_trainer.reproduce.report.html import page, style, svg
from tui_trainer.reproduce.report.markdown import document
from tui_trainer.reproduce.reproduction import Reproduction
from tui_trainer.storage import publish

FIGURES = "figures"


def write_report(found: Reproduction, folder: Path) -> Path:
    """Write `report.html`, `report.md` and the figures of the latter; the path of the first. `OSError`."""
    blocks = content(found)
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    for block in blocks:
        for figure in block.figures if isinstance(block, Figures) else ():
            alone = svg(figure, f"<style>{style()}</style>") + "\n"
            _write(folder / FIGURES / f"{figure.name}.svg", alone)
    _write(folder / "report.md", document(blocks, FIGURES))
    _write(folder / "report.html", page(title(found), blocks))
    return folder / "report.html"


def _write(path: Path, text: str) -> None:
    publish(path, [text.encode()])
