"""What every form of staying agrees on: how far a move counts, and where one is known."""

from __future__ import annotations

FAR_PX = 16.0
"""Moves beyond this are all alike, and leave nothing of the photo anywhere."""
SURE = 2.0
"""Half a pixel of the photo shows a move as surely as all of it."""
