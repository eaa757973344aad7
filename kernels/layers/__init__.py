"""Layers: a photo's moved mesh over the body's colours, as one picture of the person."""
