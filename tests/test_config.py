"""Settings: what they accept, what they say of what they do not, and which source wins."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trainer.config import SETTINGS, RunConfig, coerce, load_file, preset, preset_names, resolve
from tui_trainer.settings import SettingError


def test_the_presets_are_the_assignments_experiments() -> None:
    assert preset_names() == ("assignment-1", "assignment-2-adam", "assignment-2-sgd")
    one, adam, sgd = (resolve({}, preset_name=name) for name in preset_names())
    assert (one.engine, one.optimizer, one.dropout, one.epochs, one.init) == ("scratch", "sgd", 0, 240, "unit-norm")
    assert (sgd.engine, sgd.optimizer, sgd.dropout, sgd.dropout_at, sgd.epochs) == ("pytorch", "sgd", 0.25, "none", 200)
    assert (adam.optimizer, adam.dropout, adam.dropout_at, adam.init) == ("adam", 0.5, "none", "pytorch")
    for config in (one, adam, sgd):
        assert (config.network, config.batch_size, config.learning_rate) == ("assignment", 32, 0.01)


def test_a_flag_beats_the_file_which_beats_the_preset_which_beats_the_default() -> None:
    file = {"epochs": 7, "batch-size": 64}
    config = resolve({"epochs": "3"}, file, "assignment-2-adam")
    assert (config.epochs, config.batch_size, config.optimizer, config.momentum) == (3, 64, "adam", 0.9)


def test_a_file_can_name_its_preset_and_a_flag_beats_that() -> None:
    assert resolve({}, {"preset": "assignment-2-adam"}).optimizer == "adam"
    assert resolve({}, {"preset": "assignment-2-adam"}, "assignment-1").optimizer == "sgd"


BAD = [
    ({"dropout": "1.5"}, "dropout: must be at least 0 and below 1, not 1.5"),
    ({"learning_rate": "abc"}, "learning-rate: must be a number, not 'abc'"),
    ({"learning_rate": "nan"}, "learning-rate: must be a number, not 'nan'"),
    ({"learning_rate": 0}, "learning-rate: must be above 0, not 0"),
    ({"epochs": 0}, "epochs: must be at least 1"),
    ({"epochs": 1.5}, "epochs: must be a whole number, not 1.5"),
    ({"epochs": True}, "epochs: must be a whole number, not True"),
    ({"optimizer": "adan"}, "did you mean adam?"),
    ({"engine": "torch"}, "choose from scratch, pytorch"),
    ({"optmizer": "sgd"}, "there is no such setting (did you mean optimizer?)"),
    ({"hidden": "3,0"}, "hidden: must be at least 1"),
    ({"hidden": "3,x"}, "hidden: must be a whole number, not 'x'"),
    ({"layers": [3]}, "layers: each layer is a table with a kind"),
    ({"title": 3}, "title: must be text, not 3"),
    ({"shuffle": "perhaps"}, "shuffle: must be true or false, not 'perhaps'"),
    ({"epochs": None}, "epochs: wants a value"),
    ({"seed": 2**63}, "seed: must be at least 0"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD, ids=[str(bad) for bad, _ in BAD])
def test_a_value_that_cannot_be_is_named_in_one_line(bad: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        resolve(bad)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.name == next(iter(bad))


def test_an_unknown_preset_is_named_with_those_that_there_are() -> None:
    with pytest.raises(SettingError, match="assignment-1"):
        preset("foo")


def test_a_file_that_cannot_be_read_or_is_no_toml_is_named(tmp_path) -> None:
    with pytest.raises(SettingError, match="No such file"):
        load_file(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff = [")
    with pytest.raises(SettingError, match="is not TOML"):
        load_file(tmp_path / "bad.toml")


@given(st.sampled_from(sorted(SETTINGS)), st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_any_value_for_any_setting_gives_a_config_or_a_setting_error(name: str, value: object) -> None:
    try:
        config = resolve({name: value})
    except SettingError as error:
        assert "\n" not in error.problem  # noqa: PT017  # either outcome is right: this is what one of them promises
    else:
        assert RunConfig.from_mapping(config.to_mapping()) == config


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_a_number_written_as_text_comes_back_as_it_was(value: float) -> None:
    assert coerce("learning_rate", repr(value)) == value
    assert math.isfinite(coerce("learning_rate", value))


def test_replace_checks_what_it_changes() -> None:
    with pytest.raises(SettingError):
        resolve({}).replace(dropout=2)
    assert resolve({}).replace(hidden="64,32").hidden == (64, 32)
