"""What the app asks of runs on disk and of trainer processes. Tests put a scripted one in its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tui_trainer.config import RunConfig
from tui_trainer.settings import SettingError

if TYPE_CHECKING:
    from tui_trainer.events import FindingMade
    from tui_trainer.history import History

LOG_BYTES = 100_000  # of the end of trainer.log


class Reader(Protocol):
    """A run directory as it is read: `store.RunReader`, or a scripted one in tests."""

    history: "History"  # another object after a resume that cut the curves back

    @property
    def alive(self) -> bool:
        """Whether a trainer holds the run's lock."""
        ...

    @property
    def gone(self) -> bool:
        """Whether somebody removed the run's directory."""
        ...

    def poll(self) -> bool:
        """Fold in what was written since; whether there was something."""
        ...


class Trainers:
    """The real ones; what is heavy is imported when it is first asked for."""

    def open(self, directory: Path) -> Reader:
        """A reader of a run directory; `ValueError` or `OSError` where it is none."""
        from tui_trainer.store import RunReader

        return RunReader(directory)

    def title(self, directory: Path) -> str:
        """The name of a run for people; it can be given another at any time."""
        from tui_trainer.store import RunDirectory, SchemaError

        try:
            return RunDirectory(directory).title()
        except SchemaError:
            return ""

    def start(self, config: RunConfig, runs: Path) -> Path:
        """Check the data, make the run directory, start its trainer. Slow; `ValueError`, `OSError`."""
        from tui_trainer import run

        directory = run.create(config, runs)
        run.launch(directory)
        return directory

    def resume(self, directory: Path, epochs: int | None = None) -> None:
        """Start a trainer that goes on from the run's newest checkpoint, to that many epochs in all if given."""
        from tui_trainer import run

        run.launch(directory, epochs=epochs)

    def fork(self, parent: Path, runs: Path, changes: Mapping[str, Any], at_epoch: int | None = None) -> Path:
        """Make a run that goes on from a checkpoint of another with changed settings, and start its trainer. Slow."""
        from tui_trainer import run
        from tui_trainer.store import RunDirectory

        made = run.fork_run(RunDirectory(parent), runs, changes, at_epoch=at_epoch)
        run.launch(made.path)
        return made.path

    def cure(self, directory: Path, finding: "FindingMade", runs: Path) -> Path:
        """Do what a finding asks for; the run that is cured: this one, or a new one, its trainer started. Slow."""
        from tui_trainer import run
        from tui_trainer.run.cure import cure
        from tui_trainer.store import RunDirectory

        cured = cure(RunDirectory(directory), finding, runs).path
        if cured != directory:
            run.launch(cured)
        return cured

    def request(self, directory: Path, action: str, **arguments: Any) -> str:
        """Ask the trainer of a run for something; the id of the request."""
        from tui_trainer import run

        return run.request(directory, action, **arguments)

    def problems(self, config: RunConfig) -> dict[str, str]:
        """What is wrong beyond the config, by setting: an engine that is not there, data that is not. Slow."""
        from engines import engine_problem

        if problem := engine_problem(config.engine):
            return {"engine": problem}
        from tui_trainer import data

        try:
            data.check(config)
        except SettingError as error:
            return {error.name: error.problem}
        except (ValueError, OSError) as error:
            return {"data": str(error)}
        return {}

    def command(self, config: RunConfig) -> str:
        """The `--batch` line that does the same."""
        from tui_trainer.run import config_command

        return config_command(config)

    def log_lines(self, directory: Path, most: int = 500) -> list[str]:
        """The end of what the trainer printed."""
        path = directory / "trainer.log"
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - LOG_BYTES))
                return file.read().decode("utf-8", "replace").splitlines()[-most:]
        except OSError:
            return []
