"""What a run says: one dataclass for each kind of line in `metrics.jsonl` and `events.jsonl`."""

from dataclasses import dataclass, field
from typing import Any

# The fields that differ between two runs of one config: everything else is a function of config and trail.
WALL_CLOCK_FIELDS = ("at", "seconds")


@dataclass(frozen=True)
class Event:
    """Something that a run says; `at` is when, in seconds since 1970, set by the writer."""

    at: float = field(default=0.0, kw_only=True)


@dataclass(frozen=True)
class SliceMeasured(Event):
    """Training loss and error over the steps since the last such line, while the weights move."""

    epoch: int  # the epoch that these steps belong to, from 1
    step: int  # optimizer updates done since the start of the run
    loss: float
    error: float
    seconds: float  # spent training since the start of the run, without pauses


@dataclass(frozen=True)
class EpochMeasured(Event):
    """The means over an epoch's batches while the weights moved, and the validation split after it."""

    epoch: int
    step: int
    training_loss: float
    training_error: float
    validation_loss: float
    validation_error: float
    learning_rate: float
    seconds: float  # spent training since the start of the run, without pauses


@dataclass(frozen=True)
class Inspected(Event):
    """Statistics of every layer and parameter on fixed validation examples, once an epoch."""

    epoch: int
    step: int
    layers: list[dict[str, Any]]


Measurement = SliceMeasured | EpochMeasured | Inspected  # what `metrics.jsonl` holds


@dataclass(frozen=True)
class Surveyed(Event):
    """What was found in the data, and in the layers as the run began: once, before its first step."""

    epoch: int
    step: int
    data: dict[str, Any]
    layers: list[dict[str, Any]]


@dataclass(frozen=True)
class NotFinite(Event):
    """Where the first NaN or infinity arose: the step, and the first layer whose numbers were not finite in it."""

    epoch: int
    step: int
    layer: str
    part: str  # output, gradient or weight
    largest: dict[str, float] = field(default_factory=dict)  # layer → greatest finite size of its output in that step


@dataclass(frozen=True)
class Lifted(Event):
    """Of some classes behind a ReLU, how many training examples make their own output positive."""

    epoch: int
    step: int
    counts: dict[str, int]  # class → examples


@dataclass(frozen=True)
class Loading(Event):
    """The trainer is busy before its first step, e.g. importing PyTorch."""

    what: str


@dataclass(frozen=True)
class Started(Event):
    """A trainer begins, at step 0 or from a checkpoint."""

    pid: int
    host: str
    epoch: int = 0
    step: int = 0
    resumed_from: str | None = None  # the checkpoint's file name
    metrics_offset: int = 0  # bytes of metrics.jsonl that count; what stood behind was cut off
    notes: list[str] = field(default_factory=list)  # e.g. that it may not be bit-exact, and why


@dataclass(frozen=True)
class SettingChanged(Event):
    """A setting took another value from this step on."""

    name: str
    old: float
    new: float
    epoch: int
    step: int
    request: str = ""


@dataclass(frozen=True)
class Paused(Event):
    """Training waits, the state is saved."""

    epoch: int
    step: int
    reason: str = "asked"
    request: str = ""


@dataclass(frozen=True)
class Continued(Event):
    """Training goes on after a pause, to `until_step` if it is not 0."""

    epoch: int
    step: int
    until_step: int = 0
    request: str = ""


@dataclass(frozen=True)
class RequestRefused(Event):
    """A request could not be done, and why."""

    request: str
    reason: str


@dataclass(frozen=True)
class CheckpointSaved(Event):
    """A complete state was published under `checkpoints/`."""

    name: str
    epoch: int
    step: int
    best: bool = False
    request: str = ""


@dataclass(frozen=True)
class SaveFailed(Event):
    """A write failed; training goes on in memory and the next interval tries again."""

    what: str
    reason: str
    step: int


@dataclass(frozen=True)
class CheckpointSetAside(Event):
    """A bad checkpoint was renamed to `corrupt-…`, and the one before it is used."""

    name: str
    renamed: str
    reason: str


@dataclass(frozen=True)
class Warned(Event):
    """Something that a person should know, in one line."""

    message: str


@dataclass(frozen=True)
class FindingMade(Event):
    """The doctor names something that is wrong with the run."""

    rule: str
    epoch: int
    step: int
    severity: str  # note, warning or error
    evidence: dict[str, Any]
    why: str
    cure: str
    request: dict[str, Any] | None = None
    explains: list[str] = field(default_factory=list)  # rules whose findings follow from this one
    explained_by: list[str] = field(default_factory=list)  # and those that this one follows from


@dataclass(frozen=True)
class FindingResolved(Event):
    """What a finding named is no longer so."""

    rule: str
    epoch: int
    step: int


@dataclass(frozen=True)
class CureTried(Event):
    """What a finding asked for was done: here from this step on, or, of another run, by beginning this one."""

    rule: str
    epoch: int
    step: int
    changes: dict[str, Any]
    before: dict[str, float]  # best validation error and loss until then
    parent: str | None = None  # the run whose finding it was, where it was another
    expected: dict[str, float] = field(default_factory=dict)  # the same without the cure, three epochs later


@dataclass(frozen=True)
class CureJudged(Event):
    """Whether a cure that was tried helped."""

    rule: str
    epoch: int
    step: int
    helped: bool
    before: dict[str, float]
    after: dict[str, float]


@dataclass(frozen=True)
class Ended(Event):
    """The trainer leaves: done, stopped, interrupted, diverged or failed."""

    status: str
    epoch: int
    step: int
    reason: str = ""
