"""The work of a session. Functions take and return plain values, and nothing here loads Panel."""
