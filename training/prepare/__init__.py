"""Real clips as data: people followed, cut out and mapped, stored as synthetic people are.

Which clips (``layouts``), their frames (``frames``), scenes of one person (``following``,
``quality``, ``surfaces``), files (``packing``), one clip after another (``clip``, ``run``), and
what became of each (``manifest``).
"""
