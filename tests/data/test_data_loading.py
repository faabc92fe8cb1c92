"""The data of a run: the real MNIST as it is known, and folders of IDX files of any size."""

import gzip
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from idx_files import NAMES, STEMS, idx_bytes, write, write_split
from peak_memory import run_and_measure

from tui_trainer import data
from tui_trainer.config import RunConfig
from tui_trainer.data import files, idx
from tui_trainer.settings import SettingError

ALL = RunConfig(train_examples=60_000, validation_examples=10_000)
HISTOGRAMS = {
    "training": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "validation": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}
UNPACKED_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture(scope="module")
def whole() -> data.Loaded:
    return data.load(ALL)


def test_the_shipped_files_are_the_canonical_mnist(whole):
    for split, (images, labels) in STEMS.items():
        for stem, values in ((images, whole.splits[split].inputs), (labels, whole.splits[split].labels)):
            assert hashlib.md5(idx_bytes(values)).hexdigest() == UNPACKED_MD5[stem]


def test_the_whole_mnist_has_its_known_labels(whole):
    for split, dataset in whole.splits.items():
        assert np.bincount(dataset.labels).tolist() == HISTOGRAMS[split]
        assert (dataset.inputs.dtype, dataset.labels.dtype, dataset.classes) == (np.uint8, np.int64, 10)
        assert dataset.inputs.shape[1:] == (28, 28)
    assert whole.splits["training"].labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert whole.splits["validation"].labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_files_are_recorded_as_they_lie_on_disk(whole):
    assert [file.name for file in whole.files] == [f"{name}.gz" for name in NAMES]
    for file in whole.files:
        content = (files.SHIPPED / file.name).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_default_is_a_sample_without_replacement_of_the_assignments_size(whole):
    loaded = data.load(RunConfig())
    assert (loaded.config.train_examples, loaded.config.validation_examples) == (30_000, 5_000)
    for split, dataset in loaded.splits.items():
        everything = zip(whole.splits[split].inputs, whole.splits[split].labels, strict=True)
        label_of = {image.tobytes(): label for image, label in everything}
        assert len({image.tobytes() for image in dataset.inputs}) == len(dataset)  # MNIST has no image twice
        assert [label_of[image.tobytes()] for image in dataset.inputs] == dataset.labels.tolist()


def test_the_data_seed_decides_the_data(small_mnist):
    def inputs(**seeds):
        loaded = data.load(RunConfig(data=str(small_mnist), train_examples=320, validation_examples=100, **seeds))
        return [dataset.inputs.tobytes() for dataset in loaded.splits.values()]

    assert inputs(seed=1) == inputs(seed=1) == inputs(seed=2, data_seed=1)
    assert all(a != b for a, b in zip(inputs(seed=1), inputs(seed=2), strict=True))


def test_small_data_is_used_whole_unless_more_was_asked_for(small_mnist):
    config = RunConfig(data=str(small_mnist))
    loaded = data.load(config)
    assert (loaded.config.train_examples, loaded.config.validation_examples) == (640, 200)
    assert loaded.splits["training"].labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.load(loaded.config).config == loaded.config


@pytest.mark.parametrize("question", [data.check, data.load])
def test_more_than_there_are_is_refused_with_the_number(question, small_mnist):
    for setting, value, folder, most in (
        ("train_examples", 60_001, None, "60,000"),
        ("validation_examples", 10_001, None, "10,000"),
        ("train_examples", 641, str(small_mnist), "640"),
    ):
        with pytest.raises(SettingError) as caught:
            question(RunConfig(data=folder).replace(**{setting: value}))
        assert caught.value.name == setting
        assert caught.value.problem == f"must be at most {most}, the data has no more"
    data.check(ALL)


def test_a_batch_that_no_epoch_fills_is_refused(small_mnist):
    config = RunConfig(data=str(small_mnist), batch_size=641)
    with pytest.raises(SettingError, match="batch-size: must be at most 640"):
        data.check(config)
    data.check(config.replace(partial_batch=True))
    data.check(config.replace(batch_size=640))


@pytest.mark.parametrize("scale", ["unit", "standard", "none"])
def test_scales(scale, whole, small_mnist):
    loaded = data.load(RunConfig(data=str(small_mnist), scale=scale, train_examples=500))
    training, validation = loaded.splits.values()
    assert (training.shift, training.factor) == (validation.shift, validation.factor)
    seen = (training.inputs.astype(np.float64) - training.shift) * training.factor
    if scale == "standard":
        assert abs(seen.mean()) < 1e-12
        assert abs(seen.std() - 1) < 1e-12
    else:
        assert (seen.min(), seen.max()) == (0, 1 if scale == "unit" else 255)


def test_the_mean_and_deviation_of_mnist_are_the_known_ones():
    training = data.load(ALL.replace(scale="standard")).splits["training"]
    assert round(training.shift / 255, 4) == 0.1307
    assert round(1 / training.factor / 255, 4) == 0.3081


def test_constant_pixels_do_not_divide_by_zero(tmp_path):
    for split in STEMS:
        write_split(tmp_path, split, np.full((4, 2, 2), 9), np.arange(4) % 2)
    training = data.load(RunConfig(data=str(tmp_path), scale="standard", batch_size=4)).splits["training"]
    assert (training.shift, training.factor) == (9, 1)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 40), st.integers(1, 40))),
    st.booleans(),
    st.sampled_from(["-", "."]),
    st.data(),
)
def test_any_data_set_comes_back_exactly(tmp_path_factory, images, packed, mark, draw):
    folder = tmp_path_factory.mktemp("any")
    labels = draw.draw(arrays(np.uint8, len(images)))
    labels[0] = max(1, labels[0])
    for image_stem, label_stem in STEMS.values():
        write(folder / image_stem.replace("-idx", f"{mark}idx"), idx_bytes(images), packed)
        write(folder / label_stem.replace("-idx", f"{mark}idx"), idx_bytes(labels), not packed)
    loaded = data.load(RunConfig(data=str(folder), batch_size=1))
    for dataset in loaded.splits.values():
        assert np.array_equal(dataset.inputs, images)
        assert np.array_equal(dataset.labels, labels)
        assert dataset.classes == 1 + int(labels.max())


def test_the_content_and_not_the_ending_says_what_is_gzip(tmp_path, small_mnist):
    for name in NAMES:
        content = (small_mnist / name).read_bytes()
        if "images" in name:
            (tmp_path / f"{name}.gz").write_bytes(content)
        else:
            (tmp_path / name).write_bytes(gzip.compress(content))
    loaded = data.load(RunConfig(data=str(tmp_path)))
    assert {name: len(split) for name, split in loaded.splits.items()} == {"training": 640, "validation": 200}


def test_a_relative_folder_is_recorded_so_that_it_is_found_from_anywhere(monkeypatch, small_mnist):
    monkeypatch.chdir(small_mnist.parent)
    monkeypatch.setenv("HOME", str(small_mnist.parent))
    for given_as in (small_mnist.name, f"~/{small_mnist.name}"):
        assert data.load(RunConfig(data=given_as)).config.data == str(small_mnist)


def test_links_to_files_are_followed(tmp_path, small_mnist):
    for name in NAMES:
        (tmp_path / name).symlink_to(small_mnist / name)
    assert data.load(RunConfig(data=str(tmp_path))).files == data.load(RunConfig(data=str(small_mnist))).files


def test_a_changed_shipped_file_is_refused(tmp_path, monkeypatch, small_mnist):
    for name in NAMES:
        write(tmp_path / name, (small_mnist / name).read_bytes(), packed=True)
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    with pytest.raises(data.DataError, match=r"train-labels-idx1-ubyte\.gz: is not the MNIST file that was shipped"):
        data.load(RunConfig())


LOAD_ALL = """
import sys
from tui_trainer import data
from tui_trainer.config import RunConfig
loaded = data.load(RunConfig(train_examples=60000, validation_examples=10000, scale="standard"))
assert "torch" not in sys.modules and "textual" not in sys.modules
print(*map(len, loaded.splits.values()))
"""


def test_the_whole_mnist_needs_little_memory():
    printed, peak = run_and_measure(LOAD_ALL)
    assert printed == "60000 10000"
    assert peak <= 200e6


def test_the_limit_of_a_file_is_far_above_the_whole_mnist():
    assert idx.MAX_BYTES > 20 * 60_000 * 784


def test_a_survey_says_what_load_will_find() -> None:
    config = RunConfig(train_examples=100)
    surveyed, loaded = data.survey(config), data.load(config)
    assert (surveyed.config, surveyed.files) == (loaded.config, loaded.files)
    training = loaded.splits["training"]
    assert (surveyed.input_shape, surveyed.classes) == (training.inputs.shape[1:], training.classes)


def test_a_survey_keeps_no_pictures() -> None:
    script = "from tui_trainer import config, data\nprint(data.survey(config.RunConfig()).classes)"
    classes, peak = run_and_measure(script)
    assert classes == "10"
    assert peak < 60_000_000  # the unpacked pictures alone would be 47 MB above an interpreter with NumPy


@pytest.mark.parametrize("scale", ["unit", "standard", "none"])
def test_who_only_looks_gets_the_same_validation_split_and_scale_and_one_blank_training_example(scale: str) -> None:
    config = RunConfig(train_examples=500, validation_examples=200, scale=scale, seed=7)
    few, loaded = data.load_validation(config), data.load(config)
    assert (few.config, few.files) == (loaded.config, loaded.files)
    for name in ("inputs", "labels", "classes", "shift", "factor"):
        assert np.array_equal(getattr(few.splits["validation"], name), getattr(loaded.splits["validation"], name))
    ours, theirs = few.splits["training"], loaded.splits["training"]
    assert (ours.shift, ours.factor, ours.classes) == (theirs.shift, theirs.factor, theirs.classes)
    assert ours.inputs.shape == (1, *theirs.inputs.shape[1:])
    assert not ours.inputs.any()


def test_who_only_looks_keeps_no_training_pictures() -> None:
    script = (
        "from tui_trainer import config, data\nprint(len(data.load_validation(config.RunConfig()).splits['training']))"
    )
    examples, peak = run_and_measure(script)
    assert examples == "1"
    assert peak < 70_000_000  # the unpacked training pictures alone would be 47 MB above an interpreter with NumPy
