"""One module for each source; each turns its packages into candidates."""
