"""Annotators: names, presence, and the requirements that an attribute sets."""
