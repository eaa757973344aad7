"""A rectangle of a photo drawn anew in layers, each of which moves the photo's own pixels."""
