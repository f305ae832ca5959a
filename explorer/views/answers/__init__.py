"""The Answers tab in the browser."""
