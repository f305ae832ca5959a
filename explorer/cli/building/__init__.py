"""Options of the commands that build."""
