"""A generator for one person: some minutes of training on a short clip of the person in a photo.

``footage`` reads photo and clip, ``tuning`` learns from the clip's first half, ``scoring`` measures
on the other, and ``run`` writes a bundle where something was gained.
"""
