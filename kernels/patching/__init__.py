"""Patching: a part of the photo that is another in this frame, where a drawn person shows it."""
