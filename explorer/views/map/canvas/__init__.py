"""The canvas of the map in the browser: drawing, gestures and selecting."""
