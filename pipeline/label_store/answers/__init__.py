"""The log of answers, bulk answers and captions."""
