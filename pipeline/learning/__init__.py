"""Classifier, calibration, query strategies, thresholds and the steps of a round. No input or output."""
