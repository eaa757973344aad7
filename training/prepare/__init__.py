"""Real clips as data: people followed, cut out and mapped, stored as synthetic people are.

Which clips (``layouts``), their frames (``frames``), their people (``following``), scenes of each
(``scenes``, ``quality``, ``surfaces``), files (``packing``), one clip after another (``clip``,
``run``), and what became of each (``manifest``).
"""
