"""Classifier, calibration, query strategies, thresholds, the steps of a round. Pure."""
