"""The photo: read, its person found, cut out and framed, and the plate without the person.

All that is true of a photo whatever drives it; no torch is imported here. Also where photos and
clips are read from, and how a clip's file is opened.
"""
