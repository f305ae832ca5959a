"""Services that the sessions of one process share. Nothing here loads Panel."""
