"""Does what one request asks of a trainer, or says why not."""

from typing import TYPE_CHECKING, Any

from tui_trainer.config import SETTINGS
from tui_trainer.events import Continued, RequestRefused
from tui_trainer.settings import SettingError, number
from tui_trainer.store import Request

if TYPE_CHECKING:
    from tui_trainer.run.trainer import Trainer


def answer(trainer: "Trainer", request: Request) -> None:
    """Do a request; what took effect, or why it did not, is recorded."""
    try:
        DEEDS[request.action](trainer, request)
    except KeyError as error:
        trainer.say(RequestRefused(request.id, f"{request.action}: unknown, or wants {error}"))
    except SettingError as error:
        trainer.say(RequestRefused(request.id, str(error)))


def _pause(trainer: "Trainer", request: Request) -> None:
    if trainer.paused:
        trainer.say(RequestRefused(request.id, "it is paused already"))
    else:
        trainer.pause("asked", request.id)


def _continue(trainer: "Trainer", request: Request) -> None:
    training = trainer.training
    training.stop_at = _target(trainer, request.arguments)
    trainer.paused = False
    progress = training.progress
    trainer.say(Continued(progress.epochs_done, progress.step, training.stop_at or 0, request.id))


def _target(trainer: "Trainer", arguments: dict[str, Any]) -> int | None:
    """The step to pause at, or None for the end."""
    progress = trainer.training.progress
    per_epoch = progress.steps_per_epoch
    if "steps" in arguments:
        return progress.step + max(1, int(number("steps", arguments["steps"], int)))
    if "epochs" in arguments:
        return (progress.epochs_done + max(1, int(number("epochs", arguments["epochs"], int)))) * per_epoch
    if "until_epoch" in arguments:
        target = int(number("until-epoch", arguments["until_epoch"], int)) * per_epoch
        if target <= progress.step:
            raise SettingError("until-epoch", f"must be after epoch {progress.epochs_done}")
        return target
    return None


def _stop(trainer: "Trainer", request: Request) -> None:
    trainer.stopping = "saved" if request.arguments.get("save", True) else "unsaved"


def _save(trainer: "Trainer", request: Request) -> None:
    trainer.save(request.id)


def _set(trainer: "Trainer", request: Request) -> None:
    name = str(request.arguments["name"]).replace("-", "_")
    live = [key for key, setting in SETTINGS.items() if setting.live]
    if name not in live and name != "epochs":
        raise SettingError(name, f"cannot change while the run trains: {', '.join(live)} can")
    if name == "epochs":
        done = trainer.training.progress.epochs_done
        if int(number("epochs", request.arguments["value"], int)) <= done:
            raise SettingError("epochs", f"must be above {done}, the epochs that are done")
    trainer.change(name, request.arguments["value"], request.id)


DEEDS = {"pause": _pause, "continue": _continue, "stop": _stop, "save": _save, "set": _set}
