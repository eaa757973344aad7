"""A window of a camera's frame as the networks take it: bytes in, normalised colours out."""
