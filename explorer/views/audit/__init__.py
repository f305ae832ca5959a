"""The Audit tab in the browser."""
