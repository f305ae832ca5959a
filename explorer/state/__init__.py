"""State of one browser session: plain parameters, no Panel."""
