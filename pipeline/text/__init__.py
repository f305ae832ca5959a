"""Text: making it safe to show, cutting it into words and comparing these. Pure."""
