"""The Rounds tab in the browser."""
