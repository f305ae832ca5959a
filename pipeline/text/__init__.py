"""Text: make it safe to show, split it into words, and compare the words. Pure."""
