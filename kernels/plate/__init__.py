"""Filling a hole by pieces of the picture around it: the loops of ``runtime/source/texture.py``.

Once for each photo, on a processor, so there is no torch form beside them; plain numpy holds them
in the tests.
"""
