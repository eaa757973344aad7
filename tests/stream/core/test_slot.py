"""The newest wins, nothing waits behind another, and the end is told."""

from __future__ import annotations

import asyncio

import pytest
from tests.stream.fakes import settle

from bunraku.stream.core.slot import Slot, SlotFinished


async def test_the_newest_item_replaces_the_one_that_waits() -> None:
    slot = Slot[int]()
    assert slot.put(1) is None
    assert slot.put(2) == 1
    assert await slot.take() == 2


async def test_take_waits_for_an_item() -> None:
    slot = Slot[str]()
    taking = asyncio.create_task(slot.take())
    await settle()
    assert not taking.done()
    slot.put("frame")
    assert await taking == "frame"


async def test_put_when_free_keeps_every_item() -> None:
    slot = Slot[int]()

    async def put_all() -> None:
        for number in range(5):
            await slot.put_when_free(number)
        slot.finish()

    putting = asyncio.create_task(put_all())
    await settle()
    taken = [await slot.take() for _ in range(5)]
    await putting
    assert taken == [0, 1, 2, 3, 4]
    with pytest.raises(SlotFinished):
        await slot.take()


async def test_a_waiting_item_survives_finish_and_a_later_one_does_not() -> None:
    slot = Slot[int]()
    slot.put(1)
    slot.finish()
    assert slot.put(2) == 2
    assert await slot.take() == 1
    with pytest.raises(SlotFinished):
        await slot.take()


async def test_finish_wakes_both_ends() -> None:
    empty, full = Slot[int](), Slot[int]()
    full.put(1)
    taking = asyncio.create_task(empty.take())
    putting = asyncio.create_task(full.put_when_free(2))
    await settle()
    empty.finish()
    full.finish()
    with pytest.raises(SlotFinished):
        await taking
    await putting
    assert await full.take() == 1


async def test_a_cancelled_take_loses_nothing() -> None:
    slot = Slot[int]()
    taking = asyncio.create_task(slot.take())
    await settle()
    slot.put(7)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    assert await slot.take() == 7
