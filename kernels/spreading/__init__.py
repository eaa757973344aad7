"""Spreading: what some pixels of a mask know reaches the others, and is smoothed inside it."""
