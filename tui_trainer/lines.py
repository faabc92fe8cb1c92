"""Events as lines of strict JSON, and back; what no version of ours can have written is no event."""

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from tui_trainer.events import Event

LARGEST = 2**53  # of a whole number in a line, and of a time: beyond it is garbage


@cache
def _kind(cls: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()


KINDS: dict[str, type[Event]] = {_kind(cls): cls for cls in Event.__subclasses__()}


def to_record(event: Event) -> dict[str, Any]:
    """A dict for one JSON line; what is not finite becomes null, and `nonfinite` says which fields did."""
    record = _plain(event)
    notes: dict[str, str] = {}
    for name, value in record.items():
        record[name] = _strict(value, name, notes)
    return {**record, "nonfinite": notes} if notes else record


def _plain(event: Event) -> dict[str, Any]:
    return {"kind": _kind(type(event)), **vars(event)}


def _strict(value: Any, path: str, notes: dict[str, str]) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        notes[path] = str(value)
        return None
    if isinstance(value, dict):
        return {key: _strict(inner, f"{path}.{key}", notes) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner, f"{path}.{i}", notes) for i, inner in enumerate(value)]
    return value


def to_line(event: Event) -> bytes:
    """One line of strict JSON, with its newline."""
    try:
        text = _encode(_plain(event))
    except ValueError:  # something is not finite: rare, and looking for it each time takes longer than writing
        text = _encode(to_record(event))
    return text.encode() + b"\n"


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _types(declared: Any) -> tuple[type, ...]:
    """The types that a JSON value of a field may have: `list[str] | None` is a list or None."""
    parts = get_args(declared) if isinstance(declared, UnionType) else (declared,)
    return tuple(get_origin(part) or part for part in parts)


def _accepts(types: tuple[type, ...], value: Any) -> bool:
    """Whether a JSON value can be that of a field of these types; a whole number can be a float's."""
    kind = type(value)
    if kind is int:
        return (int in types or float in types) and -LARGEST <= value <= LARGEST
    return kind in types


FIELDS: dict[str, dict[str, tuple[type, ...]]] = {
    kind: {name: _types(declared) for name, declared in get_type_hints(cls).items()} for kind, cls in KINDS.items()
}


# The type of the items of those fields that are lists.
ITEMS: dict[str, dict[str, type]] = {
    kind: {
        name: get_origin(get_args(declared)[0]) or get_args(declared)[0]
        for name, declared in get_type_hints(cls).items()
        if get_origin(declared) is list
    }
    for kind, cls in KINDS.items()
}


def from_record(record: Mapping[str, Any]) -> Event | None:
    """The event of a JSON line; None for a kind that this version does not know or cannot fill."""
    kind = record.get("kind")
    fields = FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        return None
    values = {name: value for name, value in record.items() if name in fields}
    for name, value in values.items():
        if type(value) not in fields[name] or type(value) is int:
            if value is None and fields[name] == (float,):
                values[name] = _nonfinite(record.get("nonfinite"), name)
            elif not _accepts(fields[name], value):
                return None
    if not -LARGEST <= values.get("at", 0.0) <= LARGEST:
        return None
    for name, item in ITEMS[str(kind)].items():
        if not all(isinstance(value, item) for value in values.get(name) or ()):
            return None
    try:
        return KINDS[str(kind)](**values)
    except TypeError:  # something is missing
        return None


def _nonfinite(notes: Any, name: str) -> float:
    """What a null stands for."""
    text = notes.get(name) if isinstance(notes, dict) else None
    return float(text) if text in ("inf", "-inf") else math.nan


def from_line(line: bytes) -> Event | None:
    """The event of one line; None where it is torn, is no JSON, or is of an unknown kind."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return from_record(record) if isinstance(record, dict) else None
