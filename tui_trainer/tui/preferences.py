"""What is remembered from one start of the app to the next: theme, layout, how often it redraws."""

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Preferences:
    """The choices of a person, not of a run."""

    theme: str = "dark"
    more_settings: bool = False
    redraws: int = 5  # plots a second; less on a slow line
    notify: bool = False  # a bell and a desktop notification at the end, on divergence and on a finding
    log_axis: bool = False


def default_path() -> Path:
    """Where this system keeps a person's settings."""
    from platformdirs import user_config_path

    return user_config_path("tui-trainer") / "app.json"


def load(path: Path) -> Preferences:
    """The remembered choices; a file that cannot be read, or values of another kind, are ignored."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Preferences()
    return _known(values) if isinstance(values, dict) else Preferences()


def _known(values: dict[str, Any]) -> Preferences:
    default = Preferences()
    kinds = {field.name: type(getattr(default, field.name)) for field in fields(default)}
    return replace(default, **{k: v for k, v in values.items() if k in kinds and type(v) is kinds[k]})


def save(preferences: Preferences, path: Path) -> None:
    """Replace the file atomically; a place that cannot be written is no reason to stop."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(preferences), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
