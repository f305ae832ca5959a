"""Synthetic collections of any size, with structure of stated difficulty, and BAM release files to go with them."""
