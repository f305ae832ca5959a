"""Sources of images: a folder, or a CSV table beside its images."""
