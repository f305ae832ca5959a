"""Networks, weights, vectors, neighbours, duplicates."""
