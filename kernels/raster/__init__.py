"""Rasterising: which triangle of a mesh is seen in each pixel, and what its corners say there."""
