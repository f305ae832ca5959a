"""Reading and writing files safely: limits, paths, locks, errors in words."""
