"""Inference libraries behind one protocol: bundles, the choice of a library, and each library.

No torch is imported here.
"""
