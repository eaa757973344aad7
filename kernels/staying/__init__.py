"""Staying: how much of the photo is shown around a person, by how far each pixel has moved."""
