"""The generator's kernels on a GPU: queued one by one at first, then as a graph for each set of
arrays, which reads and writes where it was captured."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.runtime.fake_device import FakeDevice
from tests.runtime.fake_torch import FakeGraph
from tests.runtime.fakes import engines
from tests.runtime.test_generator import HEAD, random

from bunraku.kernels import seam
from bunraku.runtime.gathers import Gathers
from bunraku.runtime.generator import Features, Generator
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage
from bunraku.spec.tensors import Layout

WINDOW, SIZE = 16, 8
OWN = random(1, 6, SIZE, SIZE)
TURNS: list[tuple[int, Array | None, Array | None]] = [
    *((0, None, None) for _ in range(3)),
    *((photo, HEAD * np.float32(1 - photo / 2), None) for photo in (0, 1, 1)),
    *((0, HEAD, OWN), (1, HEAD, OWN), (1, None, OWN), (0, None, None)),
]
"""Frame by frame the photo, the head's own map, and where the driver says that pixels come from."""


def surface(frame: int) -> Array:
    """One part, and the head beneath it, with U and V over the window."""
    made = np.zeros((1, 73, SIZE, SIZE), np.float32)
    rows, columns = np.mgrid[:SIZE, :SIZE] / np.float32(SIZE)
    made[0, 2], made[0, 23] = 0.6 + frame / 40, 0.4 - frame / 40
    for part in (1, 22):
        made[0, 25 + part], made[0, 49 + part] = columns, rows
    return made


def animated(device: FakeDevice | None, together: int = 1) -> list[list[Array]]:
    """All turns.

    :param together: frames that are begun before the first of them is fetched.
    """
    made = engines(WINDOW, SIZE)
    given: Any = made if device is None else device.engines(made)
    generator = Generator(given, Layout(WINDOW, SIZE, prior=True), 1, device=device)
    mask = np.ones((1, 1, WINDOW, WINDOW), np.float32)
    photos = [
        generator.encode(random(1, 3, WINDOW, WINDOW) * np.float32(part), mask, surface(0))
        for part in (1.0, 0.3)
    ]
    shown, begun = [], []
    for index, (photo, head, own) in enumerate(TURNS):
        moved = generator.move(photos[photo], surface(index), head, own)
        begun.append(generator.blend(photos[photo], generator.seam(photos[photo], moved)))
        del moved
        if len(begun) == together:
            for blended in begun:
                fetched = generator.fetch(blended)
                assert fetched.detail is not None
                shown.append([a.copy() for a in (fetched.image, fetched.mask, *fetched.detail)])
            del blended, fetched
            begun.clear()
    assert generator._ring.made == together, "a graph holds arrays, and no frame"
    return shown


@cache
def of_host() -> list[list[Array]]:
    return animated(None)


def is_right(found: list[list[Array]]) -> bool:
    return len(found) == len(TURNS) and all(
        np.allclose(late, here, atol=2e-5)
        for one, other in zip(found, of_host(), strict=True)
        for late, here in zip(one, other, strict=True)
    )


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a seam was queued kernel by kernel, or captured."""
    of_host()
    calls: list[int] = []
    gather = seam.gather

    def counted(*given: Any, **options: Any) -> Any:
        calls.append(1)
        return gather(*given, **options)

    monkeypatch.setattr(seam, "gather", counted)
    return calls


@pytest.mark.parametrize(("together", "hurried"), [(1, ()), (2, (Stage.BLEND,))])
def test_a_set_of_arrays_has_its_kernels_in_graphs_from_its_second_frame_on(
    gathered: list[int], together: int, hurried: Collection[Stage]
) -> None:
    assert is_right(animated(FakeDevice(hurried), together))
    assert len(gathered) == 2 * together, "once queued, and once captured"


def test_without_the_photo_in_its_own_memory_a_graph_shows_the_first_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_photo, first = Gathers._of_photo, dict[int, Features]()

    def once(gathers: Gathers, features: Features, lease: Any) -> Any:
        return of_photo(gathers, first.setdefault(id(lease.arrays), features), lease)

    monkeypatch.setattr(Gathers, "_of_photo", once)
    assert not is_right(animated(FakeDevice()))


def test_what_cannot_be_captured_is_queued_kernel_by_kernel(
    gathered: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(graph: FakeGraph, **_: Any) -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(FakeGraph, "capture_begin", refuse)
    assert is_right(animated(FakeDevice()))
    assert len(gathered) == len(TURNS)
    assert "without a CUDA graph: operation not permitted when stream is capturing" in caplog.text
    assert "more" not in caplog.text
