"""The Label and Answers tabs in the browser."""
