"""What the logs say of errors: one line each, and ever more seldom."""

from __future__ import annotations


def one_line(error: Exception) -> str:
    """An error's text on one line, or its type where it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def has_doubled(count: int) -> bool:
    """Whether this event of its kind, counted from 1, is worth a line: the first, the second, the
    fourth, the eighth …, for what fails may fail thirty times a second, for hours.
    """
    return count & (count - 1) == 0
