"""One module for each framed view."""
