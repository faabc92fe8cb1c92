"""Text in a widget that does something when it is clicked."""

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widget import Widget


def clickable(text: str, action: str, style: str = "") -> Content:
    """Text that runs an action, such as `app.open('train')`, when it is clicked in a `ClickableWidget`."""
    return Content.styled(text, style).stylize(Style.from_meta({"run": action}))


class ClickableWidget(Widget):
    """A widget whose content has clickable parts."""

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked part says."""
        if action := event.style.meta.get("run"):
            event.stop()
            await self.run_action(str(action))
