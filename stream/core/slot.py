"""Room for one item between two tasks: the newest wins, nothing queues."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class SlotFinished(Exception):
    """Nothing more will come."""


class Slot(Generic[T]):
    """One item at most, handed from one task to another in the same event loop."""

    def __init__(self) -> None:
        self._item: T | None = None
        self._finished = False
        self._changed = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()

    def put(self, item: T) -> T | None:
        """Leave an item; the one that it replaced, if one still waited, is returned.

        After ``finish`` the item itself is returned: it goes nowhere.
        """
        if self._finished:
            return item
        replaced, self._item = self._item, item
        self._free.clear()
        self._changed.set()
        return replaced

    async def put_when_free(self, item: T) -> None:
        """Leave an item once the last one has been taken, so that none is lost."""
        while self._item is not None and not self._finished:
            await self._free.wait()
        self.put(item)

    async def take(self) -> T:
        """The newest item, as soon as there is one; it is gone from the slot.

        :raises SlotFinished: ``finish`` was called and the last item has been taken.
        """
        while self._item is None:
            if self._finished:
                raise SlotFinished
            self._changed.clear()
            await self._changed.wait()
        item, self._item = self._item, None
        self._free.set()
        return item

    def finish(self) -> None:
        """Nothing more will come; an item that waits can still be taken."""
        self._finished = True
        self._changed.set()
        self._free.set()
