"""Labels from the answers of several annotators, and the quality of annotators. Pure."""
