"""Filters, search, the card of an image, the gallery and the Selection tab in the browser."""
