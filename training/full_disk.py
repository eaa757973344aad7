"""Files that a training can do without for now: where the disk is full, it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bunraku.errors import OutputError


class FullDisk:
    """Survives what cannot be written, and tells of it once, until it can be written again."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._told: set[str] = set()

    @contextmanager
    def survived(self, what: str) -> Iterator[None]:
        """While something is written that the training can do without for now.

        Args:
            what: it is, such as "losses"; the trouble with each is told by itself.
        """
        try:
            yield
        except OutputError as error:
            if what not in self._told:
                self._log(f"{error.message} The training goes on; free some space.")
            self._told.add(what)
        else:
            self._told.discard(what)
