"""Losses of the generator: the paper's (equations 10 to 14) and ours beside them.

``motion``, ``surface``, ``picture`` and ``networks/discriminator.py`` hold the terms as functions
of tensors; ``scene`` is a generated batch beside the true one; ``terms`` weighs them for training.
"""
