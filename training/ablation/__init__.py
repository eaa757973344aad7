"""The paper's Table III: nine generators with something left out, trained and measured alike.

``rows`` says which they are, ``recipes`` how each is trained, ``scoring`` how each is measured, and
``run`` goes through them, again and again if need be, to the one table of ``table``.
"""
