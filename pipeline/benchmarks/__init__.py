"""Measurements of this machine: embedding, map, rounds, and the error rates of the audit."""
