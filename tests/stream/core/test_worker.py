from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref

import numpy as np
import pytest

from bunraku.stream.core.worker import Worker


def thread_names() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


async def test_results_and_errors_come_back_from_one_other_thread() -> None:
    worker = Worker("hands")

    def where(a: int, *, b: int) -> tuple[str, int, int]:
        thread = threading.current_thread()
        assert not thread.daemon
        return thread.name, threading.get_ident(), a + b

    first = await worker.run(where, 1, b=2)
    second = await worker.run(where, 3, b=4)
    assert first[0] == "hands"
    assert first[1] == second[1] != threading.get_ident()
    assert (first[2], second[2]) == (3, 7)
    with pytest.raises(ZeroDivisionError):
        await worker.run(divmod, 1, 0)
    assert await worker.run(divmod, 7, 2) == (3, 1)  # goes on after an error
    await worker.close()


async def test_calls_run_one_at_a_time_in_their_order() -> None:
    worker = Worker("hands")
    running: list[int] = []
    most: list[int] = []
    order: list[int] = []

    def work(number: int) -> None:
        running.append(number)
        most.append(len(running))
        order.append(number)
        running.remove(number)

    await asyncio.gather(*(worker.run(work, number) for number in range(20)))
    assert order == list(range(20))
    assert max(most) == 1
    await worker.close()


async def test_a_cancelled_call_finishes_before_the_next_begins() -> None:
    worker = Worker("hands")
    began, go = threading.Event(), threading.Event()
    order: list[str] = []

    def slow() -> None:
        began.set()
        assert go.wait(10)
        order.append("slow")

    cancelled = asyncio.create_task(worker.run(slow))
    waiting = asyncio.create_task(worker.run(order.append, "never"))
    assert await asyncio.to_thread(began.wait, 10)
    for task in (cancelled, waiting):
        task.cancel()
    await asyncio.wait([cancelled, waiting])
    assert cancelled.cancelled()
    assert waiting.cancelled()
    assert order == []
    after = asyncio.create_task(worker.run(order.append, "after"))
    go.set()
    await after
    assert order == ["slow", "after"]
    await worker.close()


async def test_close_ends_the_thread_and_what_waits() -> None:
    worker = Worker("hands that close")
    began, go = threading.Event(), threading.Event()

    def slow() -> str:
        began.set()
        assert go.wait(10)
        return "done"

    under_way = asyncio.create_task(worker.run(slow))
    waits = asyncio.create_task(worker.run(str, "never"))
    while not began.is_set():
        await asyncio.sleep(0)
    closing = [asyncio.create_task(worker.close()) for _ in range(2)]
    await asyncio.wait([waits])
    assert waits.cancelled()
    assert not any(task.done() for task in closing)  # the call is under way, and the loop goes on
    go.set()
    await asyncio.gather(*closing)
    assert await under_way == "done"
    assert "hands that close" not in thread_names()
    with pytest.raises(RuntimeError, match="'hands that close' is closed"):
        await worker.run(str, "late")
    await worker.close()


async def test_close_gives_up_on_a_call_that_hangs(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker("stuck hands")
    began, go = threading.Event(), threading.Event()

    def hang() -> None:
        began.set()
        assert go.wait(10)

    task = asyncio.create_task(worker.run(hang))
    while not began.is_set():
        await asyncio.sleep(0)
    with caplog.at_level(logging.WARNING):
        await worker.close(wait_s=0.02)
    told = (
        "stuck hands is still at work after 0.02 seconds: the program cannot end before it is done."
    )
    assert caplog.messages == [told]
    go.set()
    await task
    await worker.close()


async def test_a_worker_that_never_worked_has_no_thread() -> None:
    worker = Worker("idle hands")
    assert "idle hands" not in thread_names()
    await worker.close()


async def test_an_idle_worker_holds_nothing_of_the_last_call() -> None:
    worker = Worker("hands")
    picture = np.zeros((4, 4, 3), np.uint8)
    gone = weakref.ref(picture)
    total = await worker.run(np.sum, picture)
    del picture
    await worker.run(int, total)
    gc.collect()
    assert gone() is None
    await worker.close()
