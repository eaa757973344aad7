"""Enlarging a flow: bilinear, but never between two surfaces."""
