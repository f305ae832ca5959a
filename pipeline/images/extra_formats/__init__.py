"""Decoders of the extra `formats`, one module each. They run only in the process of `pipeline.images.decoder_process`.

Every module imports its library inside its functions. It states the size of a picture before any pixel is decoded.
"""
