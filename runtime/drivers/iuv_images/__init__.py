"""IUV images that were computed elsewhere, as the official DensePose writes them, as a driver.

Read (``reading``), turned into the project's charts (``charts``, ``backs``), placed beside the
photo's person (``placing``), sampled in its window (``surface``), one for each frame (``driver``).
"""
