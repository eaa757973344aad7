"""Losses, stages, metrics and the synthetic people that the networks learn from."""
