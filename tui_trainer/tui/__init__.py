"""The terminal app: a viewer of runs, and a starter of them."""

import os

# Textual reads it when it is imported: how soon after a key the screen may follow. What we draw ourselves is bounded
# by the redraw rate, not by this.
os.environ.setdefault("TEXTUAL_FPS", "120")
