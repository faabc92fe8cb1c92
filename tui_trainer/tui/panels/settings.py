"""The settings of the next run, made from `SETTINGS`; and of a living one, those that can change marked as such."""

from functools import cached_property
from typing import Any, ClassVar

from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_trainer.config import DEFAULT_PRESET, SETTINGS, RunConfig, preset_names, resolve
from tui_trainer.settings import SettingError
from tui_trainer.text import printable
from tui_trainer.tui.panels.fields import Field
from tui_trainer.tui.panels.setting_rows import (
    MAIN,
    MEANS_SOMETHING,
    UNTYPED,
    edited_settings,
    nearest_preset,
    preset_field,
    setting_field,
    value_text,
)
from tui_trainer.tui.screens.base import BenchScreen


class SettingsPanel(VerticalScroll):
    """All settings, one line each. It keeps what was typed, and says whether it makes a config."""

    can_focus = False
    BORDER_TITLE = "Settings"

    class Edited(Message):
        """The settings are others now; `config` is None while one of them is wrong."""

        def __init__(self, config: RunConfig | None) -> None:
            super().__init__()
            self.config = config

    class Live(Message):
        """A setting of the living run shall change."""

        def __init__(self, name: str, value: Any) -> None:
            super().__init__()
            self.name, self.value = name, value

    GROUPS: ClassVar[tuple[str, ...]] = ("engine", "network", "optimizer", "data", "run")

    def __init__(self, config: RunConfig, more: bool = False) -> None:
        super().__init__(id="settings")
        self.config = config
        self.more = more
        self.wrong: dict[str, str] = {}  # setting → what was typed, where that cannot be
        self.problems: dict[str, str] = {}  # setting → why
        self.outside: dict[str, str] = {}  # what is wrong beyond the config: the engine, the data
        self.living: RunConfig | None = None  # the settings of the run that trains
        self.live_values: dict[str, float] = {}

    @cached_property
    def _rows(self) -> dict[str, Widget]:
        rows: dict[str, Widget] = {"preset": preset_field()}
        for group in self.GROUPS:
            if group != "engine":
                rows[f"group {group}"] = Static(group, classes="group", markup=False)
            for name, setting in SETTINGS.items():
                if setting.group == group and name not in UNTYPED:
                    rows[name] = setting_field(name)
        return rows

    def on_mount(self) -> None:
        """The rows come after the first picture, which they would hold up; first those that are seen."""
        self.call_after_refresh(self._mount_rows)

    async def _mount_rows(self) -> None:
        self.refresh_fields()
        await self.mount(*(row for row in self._rows.values() if row.display))
        before: Widget | None = None
        with self.app.batch_update():
            for row in self._rows.values():
                if not row.is_attached:
                    await self.mount(row, after=before)
                before = row

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by setting."""
        return {name: row for name, row in self._rows.items() if isinstance(row, Field)}

    @property
    def ready(self) -> bool:
        """Whether the settings make a run."""
        return not (self.problems or self.outside)

    def _is_shown(self, name: str) -> bool:
        if name in self.problems or name in self.outside:
            return True
        config = self.living or self.config
        return (self.more or name in MAIN) and MEANS_SOMETHING.get(name, lambda _: True)(config)

    def show_more(self, more: bool) -> None:
        """Show all settings, or those that are changed most."""
        self.more = more
        self.refresh_fields()

    def set_config(self, config: RunConfig) -> None:
        """Take other settings, as a preset's."""
        self.config, self.wrong, self.problems = config, {}, {}
        self.refresh_fields()

    def set_outside(self, problems: dict[str, str]) -> None:
        """Mark what is wrong with the engine or the data."""
        if problems != self.outside:
            self.outside = problems
            self.refresh_fields()

    def set_living(self, config: RunConfig | None, values: dict[str, float]) -> None:
        """Show the settings of a run that trains, most of them locked; None shows those of the next run."""
        if (config, values) != (self.living, self.live_values):
            self.living, self.live_values = config, dict(values)
            self.refresh_fields()

    def refresh_fields(self) -> None:
        """Give every field its value, its problem and its lock."""
        config = self.living or self.config
        self.border_title = "Settings" if self.living is None else "Settings of this run"
        fields = self.fields
        fields["preset"].show(nearest_preset(config), locked=self.living is not None)
        for name, field in fields.items():
            if name != "preset":
                self._refresh_field(name, field, config)
        for group in self.GROUPS[1:]:
            members = (field for name, field in fields.items() if name in SETTINGS and SETTINGS[name].group == group)
            self._rows[f"group {group}"].display = any(field.display for field in members)
        if self.is_attached and isinstance(self.screen, BenchScreen):
            self.screen.hint_changed()  # what has the focus may be wrong now, or right again

    def _refresh_field(self, name: str, field: Field, config: RunConfig) -> None:
        field.display = self._is_shown(name)
        if self.living is None:
            text = self.wrong.get(name, value_text(config, name))
            field.show(text, problem=self.problems.get(name) or self.outside.get(name, ""))
        else:
            text = f"{self.live_values[name]:.10g}" if name in self.live_values else value_text(config, name)
            problem = self.problems.get(name, "") if field.live else ""
            field.show(self.wrong.get(name, text) if problem else text, problem=problem, locked=not field.live)

    def on_field_changed(self, event: Field.Changed) -> None:
        """Check a new value; take it, or mark it."""
        event.stop()
        if event.name == "preset":
            self._take_preset(event.text)
        elif self.living is not None:
            self._change_live(event.name, event.text)
        else:
            self._change(event.name, event.text)

    def _take_preset(self, name: str) -> None:
        """A preset sets all; what was changed in the one before is gone, which is said."""
        if edits := edited_settings(self.config):
            words = ", ".join(f"{edit.replace('_', ' ')} {value_text(self.config, edit)}" for edit in edits)
            self.app.notify(printable(f"A preset sets all settings. Gone: {words}"), markup=False, timeout=10)
        self.set_config(resolve({}, None, name if name in preset_names() else DEFAULT_PRESET))
        self.post_message(self.Edited(self.config))

    def _change(self, name: str, text: str) -> None:
        self.wrong[name] = text
        self._check_all()
        self.refresh_fields()
        self.post_message(self.Edited(None if self.problems else self.config))

    def _check_all(self) -> None:
        """Take every typed value that can be; keep those that cannot, with the reason."""
        self.problems = {}
        for name, text in list(self.wrong.items()):
            try:
                self.config = self.config.replace(**{name: text})
                del self.wrong[name]
            except SettingError as error:
                self.problems[error.name if error.name in SETTINGS else name] = error.problem

    def _change_live(self, name: str, text: str) -> None:
        assert self.living is not None
        try:
            value = getattr(self.living.replace(**{name: text}), name)
        except SettingError as error:
            self.wrong[name], self.problems[name] = text, error.problem
        else:
            self.wrong.pop(name, None)
            self.problems.pop(name, None)
            self.post_message(self.Live(name, value))
        self.refresh_fields()
