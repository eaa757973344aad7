"""Where a flow is torn."""

from __future__ import annotations

TORN = 0.1
"""A flow that changes by more than this (in [-1, 1] units) among neighbours has an edge there."""
