"""What the bytes of a picture file say before a decoder sees them: format, profile, orientation, cost. Pure.

Metadata never decides about pixels: each format's module takes what a picture needs out of the file (profile,
orientation) within limits of its own, and gives the decoder a file without the rest.
"""
