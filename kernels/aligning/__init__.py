"""Aligning: how joints have to move for the pixels that hang on them to look as they should."""
