"""A threshold with a guaranteed precision: plan, sequential test, life cycle, files."""
