"""The labelling loop, driven by simulated annotators."""
