"""Sessions side by side, with a puppet whose engines are a few lines of numpy."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import numpy as np
import pytest
from tests.runtime.fakes import puppet, street, with_person
from tests.stream.fakes import FakeClock

from bunraku.errors import EngineError, InputError
from bunraku.runtime.bench.options import BenchOptions
from bunraku.stream.bench import load
from bunraku.stream.bench.load import AgeingSink, ClipCamera, LoadOptions, measure_load
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.session import make_photo

CLIP = [with_person(street(), 100 + 5 * i, 60) for i in range(3)]
QUICK = LoadOptions(seconds=0.5, warm_s=0.2)


async def test_sessions_share_what_there_is() -> None:
    photo = make_photo(puppet().make_identity, CLIP[0], "photo")
    report = await measure_load(puppet, photo, CLIP, 2, 20.0, QUICK)
    assert (report["sessions"], report["rate"]) == (2, 20.0)
    assert 0 < report["frames_per_s"] <= 2 * 20.0 * 1.2
    assert report["slowest"] <= report["frames_per_s"] / 2 + 0.01
    assert 0 < report["age_ms"]["min"] <= report["age_ms"]["p50"] <= report["age_ms"]["p95"]
    assert (report["faults"], report["lost"]) == (0, 0)
    assert report["seconds"] >= 0.5


async def test_a_session_without_a_rate_drops_nothing() -> None:
    photo = make_photo(puppet().make_identity, CLIP[0], "photo")
    report = await measure_load(puppet, photo, CLIP, 1, None, QUICK, in_flight=2)
    assert report["rate"] is None
    assert report["dropped"] == 0
    assert report["frames_per_s"] > 0


async def test_the_camera_keeps_its_rate_and_turns_at_the_ends() -> None:
    clock = FakeClock()
    camera = ClipCamera(CLIP, 10.0, clock)
    await camera.open()
    seen = []
    for _ in range(5):
        task = asyncio.ensure_future(camera.read())
        await clock.advance(0.1)
        frame = await task
        assert frame is not None
        seen.append(frame)
    numbers = [next(i for i, c in enumerate(CLIP) if (c == f.picture()).all()) for f in seen]
    assert numbers == [0, 1, 2, 1, 0]
    gaps = [b.captured_s - a.captured_s for a, b in itertools.pairwise(seen)]
    assert gaps == pytest.approx([0.1] * 4)
    assert not any(np.shares_memory(f.picture(), c) for f in seen for c in CLIP)


async def test_ages_count_when_asked() -> None:
    clock = FakeClock(10.0)
    sink = AgeingSink(clock)
    frame = LiveFrame(CLIP[0], 0, MICROSECONDS, 9.5)
    await sink.write(frame)
    sink.counting = True
    await sink.write(frame)
    assert sink.ages_ms == [500.0]
    assert sink.frames == 2


@pytest.mark.parametrize(
    "load",
    [
        LoadOptions(sessions=()),
        LoadOptions(sessions=(0,)),
        LoadOptions(sessions=(1, 257)),
        LoadOptions(rate=0.0),
        LoadOptions(seconds=-1.0),
    ],
)
def test_loads_that_make_no_sense(load: LoadOptions) -> None:
    with pytest.raises(InputError):
        load.check()


def test_sessions_are_loaded_as_live_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def noted(options: BenchOptions, threads: int | None = None, **told: Any) -> None:
        asked.update(told)
        raise EngineError("It is enough.")

    monkeypatch.setattr(load, "read_clip", lambda path: [])
    monkeypatch.setattr(BenchOptions, "load", noted)
    with pytest.raises(EngineError):
        load.run_load(BenchOptions(), LoadOptions((2, 1)))
    assert asked == {"sessions": 2, "ahead": True}
