"""The map: choices and the rendering of frames."""
