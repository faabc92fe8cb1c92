"""What Start would do, while no run is looked at."""

from textwrap import wrap
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from tui_trainer.config import DEFAULT_EXAMPLES, RunConfig

if TYPE_CHECKING:
    from tui_trainer.tui.app import TrainerApp

_NETWORKS = {
    "assignment": "pixels → 10, ReLU on the logits",
    "softmax": "pixels → 10",
    "lenet": "two convolutions, three dense layers",
    "custom": "layers from the config file",
}


class Ready(Widget):
    """The next run in a few plain lines."""

    def render(self) -> Content:
        """Facts, then the first keys."""
        app = cast("TrainerApp", self.app)
        rows = facts(app.bench.config)
        lines = [Content.styled("Ready to train", "bold $primary"), Content("")]
        for name, value in rows:
            first, *rest = wrap(value, max(12, self.size.width - 11)) or [""]
            lines.append(Content.assemble((f"{name:<11}", "$quiet"), (first, "$foreground")))
            lines += [Content.styled(f"{'':<11}{line}", "$foreground") for line in rest]
        lines += [Content(""), Content.assemble(*(_key(key, words) for key, words in KEYS))]
        return Content("\n").join(lines)


KEYS = (("s", "start"), ("c", "command"), ("?", "keys"))


def _key(key: str, words: str) -> Content:
    return Content.assemble((key, "bold $primary"), (f" {words}   ", "$quiet"))


def facts(config: RunConfig) -> list[tuple[str, str]]:
    """What a config comes to, in words."""
    training = config.train_examples or DEFAULT_EXAMPLES["training"]
    validation = config.validation_examples or DEFAULT_EXAMPLES["validation"]
    steps = config.steps_in(training)
    hidden = " → ".join(map(str, config.hidden))
    network = f"pixels → {hidden} → 10" if config.network == "mlp" else _NETWORKS[config.network]
    dropout = "none" if not config.dropout else f"{config.dropout:g} at {config.dropout_at}"
    if config.dropout and config.dropout_at == "none":
        dropout = f"{config.dropout:g}, built and never called"
    return [
        ("network", network),
        ("engine", config.engine),
        ("optimizer", f"{config.optimizer}, learning rate {config.learning_rate:g}"),
        ("dropout", dropout),
        ("data", f"{training:,} training, {validation:,} validation"),
        ("length", f"{config.epochs:,} epochs of {steps:,} steps"),
    ]
