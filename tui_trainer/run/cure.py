"""Does what a finding asks for: a live request, a branch, or a new run, which then says whether it helped."""

from pathlib import Path

from tui_trainer.doctor import tried_by_beginning
from tui_trainer.events import FindingMade
from tui_trainer.run.fork import fork_run
from tui_trainer.run.start import create, request
from tui_trainer.settings import SettingError
from tui_trainer.store import Recorder, RunDirectory, RunReader
from tui_trainer.store.lock import is_alive


def cure(directory: RunDirectory, finding: FindingMade, runs: Path) -> RunDirectory:
    """The run that is cured: this one, asked, or a new one that is yet to be launched; a live change needs a trainer,
    and where there is none any more it is made on a branch.

    `SettingError` where the finding asks for nothing or for what cannot be; else what `fork_run` and `create` raise.
    """
    if finding.request is None:
        raise SettingError(finding.rule, f"no setting mends that. {finding.cure}")
    action, changes = finding.request["action"], finding.request["changes"]
    history, alive = RunReader(directory).read(), is_alive(directory)
    if action == "stop" and not alive:
        raise SettingError(finding.rule, f"the run is over; its best checkpoint is that of epoch {history.best_epoch}")
    if action in ("set", "stop") and alive:
        asked = [{"name": name, "value": value} for name, value in changes.items()] or [{"save": True}]
        for arguments in asked:
            request(directory.path, action, **arguments)
        return directory
    if action != "restart":
        more = {"epochs": history.epoch + history.config.epochs} if history.epoch >= history.epochs else {}
        made = fork_run(directory, runs, {**more, **changes})
    else:
        made = RunDirectory(create(directory.config().replace(**changes), runs))
    recorder = Recorder(made)
    recorder.record([tried_by_beginning(finding, history, changes)])
    recorder.close()
    return made
