"""Sources of pictures. Each module turns the packages of one source into candidates."""
