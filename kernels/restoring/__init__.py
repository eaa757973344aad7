"""Restoring: the photo's own pixels in place of the plate's, where a map of the window says so."""
