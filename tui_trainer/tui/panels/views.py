"""The views of Look inside: their keys and names, and the line that shows which one is seen."""

from textual.content import Content

from tui_trainer.tui.panels.clickable import ClickableWidget, clickable

# name → (key, words)
VIEWS = {
    "weights": ("w", "Weights"),
    "confusion": ("c", "Confusion"),
    "mistakes": ("m", "Mistakes"),
    "layers": ("y", "Layers"),
}


class ViewBar(ClickableWidget):
    """The views, the one that is seen marked."""

    def __init__(self) -> None:
        super().__init__(id="views")
        self.view = "weights"

    def show(self, view: str) -> None:
        """Mark another one."""
        self.view = view
        self.refresh()

    def render(self) -> Content:
        """One line."""
        parts: list[Content] = []
        for name, (key, words) in VIEWS.items():
            seen = name == self.view or (name == "confusion" and self.view == "cell")
            action = f"screen.view('{name}')"
            parts.append(clickable(f" {key} ", action, "bold $primary"))
            parts.append(clickable(f"{words}  ", action, "bold underline $foreground" if seen else "$quiet"))
        return Content.assemble(*parts)
