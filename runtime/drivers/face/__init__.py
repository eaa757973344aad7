"""The driver's face: where it is, what it does, and the photo's face doing the same."""
