"""Summaries of the log of answers, as arrays."""
