"""Streaks and tears: how much a mesh still has to show where it is drawn out."""
