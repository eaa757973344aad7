"""Clips as files: reading one, animating a photo by it, and writing the result with its sound."""
