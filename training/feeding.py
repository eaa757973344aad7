"""Batches on the device in time: the next one is copied while a step computes."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from bunraku.training.generator_batch import GeneratorBatch

AHEAD = 2
"""Batches that wait on a GPU."""
ASKED_S = 0.1
"""How often a thread that waits for room looks whether it is still wanted."""


class Feed:
    """Takes batches to a device, and counts how long steps waited for them."""

    def __init__(self, device: torch.device) -> None:
        self.waited_s = 0.0
        self._device = device

    def through(self, batches: Iterator[GeneratorBatch]) -> Iterator[GeneratorBatch]:
        """The same batches in order, on the device.

        For a GPU a thread takes them there, on a stream of its own: copies from pinned memory run
        beside the step that computes.
        """
        on_gpu = self._device.type == "cuda"
        moved = _ahead(batches, _Copier(self._device)) if on_gpu else batches
        while True:
            start_s = time.monotonic()
            batch = next(moved, None)
            self.waited_s += time.monotonic() - start_s
            if batch is None:
                return
            yield batch


class _Copier:
    """Copies to a GPU on a stream of its own."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def __call__(self, batch: GeneratorBatch) -> Callable[[], GeneratorBatch]:
        """Begin to copy; what it gives waits for the copy, on the stream of who calls it."""
        with torch.cuda.stream(self._stream):
            moved = batch.each(lambda tensor: tensor.to(self._device, non_blocking=True))
            done = self._stream.record_event()

        def take() -> GeneratorBatch:
            here = torch.cuda.current_stream(self._device)
            here.wait_event(done)

            def read_here(tensor: torch.Tensor) -> torch.Tensor:
                tensor.record_stream(here)  # its memory is this stream's until that has read it
                return tensor

            return moved.each(read_here)

        return take


def _ahead(
    batches: Iterator[GeneratorBatch],
    begin: Callable[[GeneratorBatch], Callable[[], GeneratorBatch]],
) -> Iterator[GeneratorBatch]:
    """What ``begin`` makes of the batches, begun by a thread up to ``AHEAD`` before it is wanted.

    What goes wrong in the thread is raised here, in its place.
    """
    made: queue.Queue[Any] = queue.Queue(AHEAD)
    ended = threading.Event()

    def put(item: Any) -> bool:
        while not ended.is_set():
            try:
                made.put(item, timeout=ASKED_S)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for batch in batches:
                if not put(begin(batch)):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised by who takes from the queue
            put(error)

    thread = threading.Thread(target=read, name="feed", daemon=True)
    thread.start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item()
    finally:
        ended.set()
        thread.join()
