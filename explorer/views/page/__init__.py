"""The frame of the page: its bar, its drawers and its side panel."""
