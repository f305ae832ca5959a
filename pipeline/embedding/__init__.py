"""Networks, weights, vectors, neighbours and duplicates."""
