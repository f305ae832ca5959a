"""One image: identity, decoding, thumbnails, keywords."""
