"""The audit of a release: is it as good as it says, how do we know, and who says so."""
