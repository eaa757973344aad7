"""`scripts/gpu`: everything that wants a GPU, in one go of four minutes.

This folder imports nothing but Python's own modules where it decides what to run, so that whatever
a machine lacks is told, and never stops the rest.
"""
