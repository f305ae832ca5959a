"""The Attributes tab in the browser."""
