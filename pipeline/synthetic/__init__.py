"""Synthetic collections of any size and stated difficulty, with matching BAM release files."""
