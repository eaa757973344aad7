"""Batches on their way to the device. The copy itself needs a GPU; the thread is tried without."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields

import pytest
import torch

from bunraku.training.feeding import AHEAD, Feed, _ahead
from bunraku.training.generator_batch import GeneratorBatch


def batch(number: int) -> GeneratorBatch:
    return GeneratorBatch(*(torch.full((1,), float(number)) for _ in fields(GeneratorBatch)))


def batches(count: int, delay_s: float = 0.0) -> Iterator[GeneratorBatch]:
    for number in range(count):
        time.sleep(delay_s)
        yield batch(number)


def numbers(made: Iterator[GeneratorBatch]) -> list[int]:
    return [int(one.source) for one in made]


def test_on_a_processor_batches_pass_and_waiting_is_counted() -> None:
    feed = Feed(torch.device("cpu"))
    assert numbers(feed.through(batches(3, delay_s=0.02))) == [0, 1, 2]
    assert 0.06 <= feed.waited_s < 2.0


def test_a_thread_begins_before_it_is_asked() -> None:
    begun: list[int] = []

    def begin(one: GeneratorBatch) -> Callable[[], GeneratorBatch]:
        begun.append(int(one.source))
        return lambda: one

    made = _ahead(batches(9), begin)
    assert int(next(made).source) == 0
    until_s = time.monotonic() + 5.0
    while len(begun) < AHEAD + 2 and time.monotonic() < until_s:
        time.sleep(0.01)
    assert begun == list(range(AHEAD + 2))  # one taken, two that wait, one in its hand
    assert numbers(made) == list(range(1, 9))


def test_what_goes_wrong_in_the_thread_is_raised_in_its_place() -> None:
    def broken() -> Iterator[GeneratorBatch]:
        yield batch(0)
        raise RuntimeError("no more")

    made = _ahead(broken(), lambda one: lambda: one)
    assert int(next(made).source) == 0
    with pytest.raises(RuntimeError, match="no more"):
        next(made)


def test_a_thread_ends_with_who_takes_from_it() -> None:
    made = _ahead(batches(1000), lambda one: lambda: one)
    next(made)
    made.close()  # type: ignore[attr-defined]
    assert "feed" not in {thread.name for thread in threading.enumerate()}
