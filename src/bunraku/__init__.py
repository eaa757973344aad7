"""Bunraku: one photo of a person, moved live by a camera."""
