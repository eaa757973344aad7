"""What keeps a measurement from being made."""

from __future__ import annotations


class BenchError(Exception):
    """One line that says what went wrong and where to look; the command ends with it."""
