"""Hostile text in run directories, on every screen of the app at a real terminal: escaped, and no screen breaks."""

import json
import random
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_disk import hooked, without_waiting
from hostile import PIECES
from small_runs import copy_of, new_run
from terminal_work import attach
from terminals import Terminal
from test_hostile_text import label, say, title

from tui_trainer.run import train_run
from tui_trainer.store import RunDirectory
from tui_trainer.tui.registry import SCREENS

MARK = "HARM"
ORDERS = re.compile(
    rf"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0041]{MARK}|{MARK}[\x00-\x09\x0b\x0c\x0e-\x1a\x7f-\x9f\u202e]"
)
PLAIN = (
    "\x1b]0;title",
    "\x1b]8;;http://example.org",
    "\x1bP1;2q",
    "\x9b2J",
)  # of the pieces, what no app of ours sends


@pytest.fixture(scope="module")
def done(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A finished run; not to be changed."""
    run = new_run(small_mnist, tmp_path_factory.mktemp("done"), epochs=2)
    with hooked(without_waiting):
        assert train_run(run.path).code == 0
    return run


def marked(rng: random.Random) -> str:
    """Hostile text in which each order to the terminal stands beside a word that can be looked for."""
    return MARK + MARK.join(rng.choice(PIECES).replace("\ud800", "").replace("\udfff", "") for _ in range(4)) + MARK


@pytest.mark.timeout(3600)
def test_every_screen_shows_it_escaped(done: RunDirectory, tmp_path: Path, soak: Callable[[int, int], int]) -> None:
    rng = random.Random(16)
    for i in range(soak(1, 70)):
        folder = tmp_path / str(i)
        for number, put in enumerate((say, title, label)):
            run = copy_of(done, folder / f"run-{number}")
            put(run, marked(rng))
            title(run, marked(rng))
            about = json.loads(run.about.read_text())
            run.about.write_text(json.dumps({**about, "cpu": marked(rng)}))
            run.log.write_bytes(marked(rng).encode() + b"\xff\n\x00")
        with Terminal(attach, folder / "run-0") as terminal:
            terminal.see("Curves")
            for entry in SCREENS:
                terminal.press(entry.key)
                terminal.rest()
            assert terminal.child.is_alive(), terminal.text
            terminal.send(signal.SIGTERM)
            assert terminal.end() == 128 + signal.SIGTERM
            drawn = terminal.bytes.decode("utf-8", "replace")
            assert MARK in drawn
            assert not ORDERS.findall(drawn)
            assert not [order for order in PLAIN if order in drawn]
            assert terminal.left_behind() == set()
