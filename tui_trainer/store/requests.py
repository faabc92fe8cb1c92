"""What viewers ask of a trainer: one line each, appended by anybody, read by the trainer between slices."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from tui_trainer.clock import now
from tui_trainer.storage import append_line
from tui_trainer.store.directory import RunDirectory

ACTIONS = ("pause", "continue", "stop", "save", "set")


@dataclass(frozen=True)
class Request:
    """One thing asked: an action with its arguments.

    `pause` · `continue` (`steps`, `epochs`, `until_epoch`) · `stop` (`save`) · `save` · `set` (`name`, `value`)
    """

    id: str
    action: str
    arguments: dict[str, Any] = field(default_factory=dict)


def send_request(directory: RunDirectory, action: str, **arguments: Any) -> str:
    """Ask the trainer of a run for something; the id under which `events.jsonl` will answer."""
    if action not in ACTIONS:
        raise ValueError(f"unknown action {action!r}: choose from {', '.join(ACTIONS)}")
    request_id = secrets.token_hex(4)
    record = {"id": request_id, "at": now(), "action": action, **arguments}
    append_line(directory.requests, json.dumps(record, allow_nan=False).encode() + b"\n")
    return request_id


class RequestReader:
    """The trainer's ear: what was asked since it last looked. Lines that are no requests are passed over."""

    def __init__(self, directory: RunDirectory, *, from_end: bool) -> None:
        self._path = directory.requests
        self._offset = self._size() if from_end else 0

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def poll(self) -> list[Request]:
        """New whole lines."""
        if self._size() <= self._offset:
            return []
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(1 << 20)
        except OSError:  # the next look may find it readable
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole) or (len(data) if len(data) == 1 << 20 else 0)
        return [request for line in whole.splitlines() if (request := _parse(line))]


def _parse(line: bytes) -> Request | None:
    try:
        record = json.loads(line)
        arguments = {k: v for k, v in record.items() if k not in ("id", "at", "action")}
        request = Request(str(record["id"])[:64], str(record["action"])[:64], arguments)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return request
