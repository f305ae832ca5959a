"""The audit of a release: plan, draw, blind answers, result and certificate."""
