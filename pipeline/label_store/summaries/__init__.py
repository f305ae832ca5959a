"""What the log of answers adds up to, as arrays."""
