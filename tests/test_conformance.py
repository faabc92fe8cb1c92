"""Every engine of ours passes what every engine must pass, and so does one that only these tests install."""

from pathlib import Path

import pytest

from engines import engine_names, load_engine
from engines.conformance import NETWORKS, EngineConformance

THIRD_ENGINE = Path(__file__).parent / "third_engine"


class TestScratch(EngineConformance):
    engine_name = "scratch"


@pytest.mark.skipif(load_engine("pytorch").missing() is not None, reason="PyTorch is not installed")
class TestPyTorch(EngineConformance):
    engine_name = "pytorch"


@pytest.fixture
def third_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny engine, installed as a package of its own that declares an entry point."""
    monkeypatch.syspath_prepend(THIRD_ENGINE)


@pytest.mark.usefixtures("third_engine")
class TestThirdEngine(EngineConformance):
    engine_name = "tiny"
    networks = NETWORKS[:1]
    optimizers = ("sgd",)


@pytest.mark.usefixtures("third_engine")
def test_an_installed_engine_is_listed_after_the_first() -> None:
    assert engine_names() == ("scratch", "pytorch", "tiny")


def test_an_engine_that_is_not_installed_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown engine 'tiny': choose from scratch, pytorch"):
        load_engine("tiny")
