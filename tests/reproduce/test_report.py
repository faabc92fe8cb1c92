"""The report: whole, self-contained, escaped, and saying what the scripted numbers say."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from scripted_rows import ACCURACIES, scripted_reproduction

from tui_trainer.reproduce.plan import Plan
from tui_trainer.reproduce.report import write_report
from tui_trainer.reproduce.report.svg import Scale, ticks
from tui_trainer.reproduce.table import print_rows

VOID = ("meta", "br", "img")


class Strict(HTMLParser):
    """Collects text, tags and links, and fails where an end tag is not that of the last open one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag != "strong":
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style",):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(scripted_reproduction(folder / "runs", cpu="<script>alert(1)</script> & `co` | **x**"), folder)
    return folder


@pytest.fixture(scope="module")
def parsed(folder: Path) -> Strict:
    parser = Strict()
    parser.feed((folder / "report.html").read_text("utf-8"))
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_is_one_file_that_asks_for_nothing(folder: Path, parsed: Strict) -> None:
    page = (folder / "report.html").read_text("utf-8")
    assert parsed.links == []
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|<script|<link|<img", page)


def test_foreign_text_is_shown_and_never_run(folder: Path, parsed: Strict) -> None:
    assert "script" not in parsed.seen
    assert "<script>alert(1)</script> & `co` | **x**" in parsed.text
    text = (folder / "report.md").read_text("utf-8")
    assert "<script" not in text
    assert r"&lt;script&gt;alert(1)&lt;/script&gt; &amp; \`co\` \| \*\*x\*\*" in text


def test_every_row_has_its_numbers_and_plots(folder: Path, parsed: Strict) -> None:
    for preset, variants in ACCURACIES.items():
        for variant, finals in variants.items():
            low, middle, high = (f"{100 * value:.1f}" for value in sorted(finals))
            assert f"{variant} {middle} ({low}–{high})" in parsed.text
            for quantity in ("loss", "error"):
                assert (folder / "figures" / f"{preset}-{variant}-{quantity}.svg").is_file()
    assert parsed.seen.count("svg") == 2 * 10 + 1


def test_conclusions_follow_the_numbers(parsed: Strict) -> None:
    text = parsed.text
    assert "All of 3 seeds lost digits for good." in text
    assert "1 of 3 seeds lost digits for good and ended at 72.0 %, the others at 84.0–94.5 %." in text
    assert "assignment-1, as printed: final validation accuracy 72.0–94.5 %" in text
    assert "assignment-2-adam without-relu is better" in text
    assert "neither a local minimum nor too much dropout" in text
    assert "lie in no measured range" in text  # Adam: no range holds 75 %
    assert "all lie inside the measured range of: as printed (the" in text  # assignment-1


def test_what_the_doctor_said_stands_apart_from_what_that_explains(parsed: Strict) -> None:
    _, _, said = parsed.text.partition("What the doctor said")
    assert "assignment-1 as-printed dead-output-units 1 plateau 1" in said
    assert "assignment-2-adam as-printed dead-output-units 3 plateau 3" in said


def test_a_short_look_says_so_in_its_title(tmp_path: Path) -> None:
    write_report(scripted_reproduction(tmp_path / "runs", epochs=4), tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    title = "The assignment with 4 epochs instead of 200 and 240"
    assert f"<title>{title}</title>" in page
    assert f"<h1>{title}</h1>" in page
    assert "are not held against them" in page
    assert not re.search("(inside|nearly|outside)</td>", page)
    assert (tmp_path / "report.md").read_text("utf-8").startswith(f"# {title}\n")
    assert "tui-trainer reproduce --seeds 3 --epochs 4" in page


def test_epochs_that_are_the_assignments_own_shorten_nothing(tmp_path: Path) -> None:
    found = scripted_reproduction(tmp_path / "runs")
    rows = [row for row in found.rows if row.experiment.preset == "assignment-1"]
    same = replace(found, plan=Plan([row.experiment for row in rows], 3, 240, chosen=True), rows=rows, own_data=[])
    write_report(replace(same, checks=[]), tmp_path)
    assert (tmp_path / "report.md").read_text("utf-8").startswith("# The assignment, reproduced\n")


def test_a_report_of_one_preset_speaks_of_one_experiment_and_its_command_makes_it_again(tmp_path: Path) -> None:
    found = scripted_reproduction(tmp_path / "runs")
    rows = [row for row in found.rows if row.experiment.preset == "assignment-1"]
    plan = Plan([row.experiment for row in rows], 3, None, chosen=True, own_seeds=5)
    write_report(replace(found, plan=plan, rows=rows, own_data=found.own_data[:1], checks=[]), tmp_path)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "One experiment with a single layer" in text
    assert "tui-trainer reproduce --seeds 3 --own-seeds 5 --preset assignment-1" in text


def test_every_figure_is_well_formed_and_stays_in_its_frame(folder: Path) -> None:
    figures = sorted((folder / "figures").iterdir())
    assert len(figures) == 21
    for path in figures:
        root = ElementTree.fromstring(path.read_text("utf-8"))
        width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
        for element in root.iter():
            for point in element.attrib.get("points", "").split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


def test_markdown_names_figures_that_are_there(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    named = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert len(named) == 21
    assert all((folder / name).is_file() for name in named)


def test_markdown_tables_are_rectangular(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    for table in re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().splitlines()}
        assert len(widths) == 1


def test_the_terminal_table_fits_eighty_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = scripted_reproduction(tmp_path)
    print_rows(found.rows, found.own_data)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "72.0–94.5" in out
    assert out.count("own data") == 3
    assert "…" not in out


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 240, [0, 50, 100, 150, 200]), (0.3, 0.3, [0.3]), (0, 0, [0])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_a_scale_of_nothing_stays_at_its_start() -> None:
    assert Scale(1, 1, 10, 20)(1) == 10
    assert Scale(0, 2, 10, 20)(1) == 15
