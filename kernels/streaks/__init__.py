"""Streaks: how much a mesh still has to show where its triangles are drawn out."""
