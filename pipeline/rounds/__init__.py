"""One round of labelling: train, score, rank, ask."""
