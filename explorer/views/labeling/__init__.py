"""The Label tab in the browser."""
