"""Pasting: the generated person over the photo's plate, at the photo's own resolution."""
