"""The photo: read, its person found, cut out and framed, and the plate without the person.

All that is true of a photo whatever drives it; no torch is imported here.
"""
