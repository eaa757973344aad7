"""Synthetic people: bodies, clothes, poses and pictures with exact IUV maps."""
