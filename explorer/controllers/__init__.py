"""What a session does: plain values in, plain values out. Nothing here loads Panel."""
