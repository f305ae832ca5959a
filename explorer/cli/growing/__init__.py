"""Commands that change a finished collection."""
