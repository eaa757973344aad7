"""What users should know of engines that run: said once, and read by every session."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Notices:
    """Lines for the user, in the order in which they were said; from any thread."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: str) -> None:
        """Say something; the log has it at once."""
        log.warning("%s", line)
        self._lines.append(line)

    def since(self, count: int) -> list[str]:
        """All but the first so many."""
        return self._lines[count:]
