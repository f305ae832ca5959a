"""One frame of the map: filters, level of detail, pixels. Pure."""
