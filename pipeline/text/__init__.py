"""Text: what may be shown, how words are cut and compared. Pure."""
