"""Exact intervals, sampling designs, weighted estimates. Pure."""
