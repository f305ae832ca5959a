"""The Rounds tab: training, threshold, certification, release."""
