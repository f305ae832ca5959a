"""Read the metadata of a picture file before it is decoded: format, profile, orientation, cost. Pure.

The module of each format reads the metadata that the pixels need (profile, orientation) within its own limits. It
gives the decoder a file without the rest.
"""
