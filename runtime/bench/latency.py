"""How long a frame takes, measured: the whole chain, each stage, and a yardstick beside them.

The yardstick (yardstick.py) runs between the frames, with as many threads and always in the
reference library, so that their ratio means the same on a busy machine as on an idle one, and for
every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bunraku.runtime.bench.facts import facts
from bunraku.runtime.bench.media import ASSUMED_RATE, media, read_clip, there_and_back
from bunraku.runtime.bench.memory import peak_rss_mib
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.bench.timing import plain, timed
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.measure import Spread
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.yardstick import yardstick_input, yardstick_model
from bunraku.spec.arrays import Picture
from bunraku.spec.cores import cores


def run_latency(
    options: BenchOptions | None = None, on_frame: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Measure the latency of a bundle on this machine.

    :param on_frame: called with the frames done and their number.
    :return: ``chain_ms``, ``yardstick_ms`` and ``stages`` (``densepose.pose_ms`` and the
        others of ``spec.stages.Step``), each p50, p95 and min;
        ``ratio`` of the two first p50; ``set_source_ms``, ``peak_rss_mib``, and what was measured
        on what: ``machine``, ``commit``, ``bundle``, ``frames`` and more. Plain JSON values.
    :raises InputError: the photo or the clip cannot be used.
    :raises BunrakuError: see ``Puppet.load``.
    """
    options = options or BenchOptions()
    options.check()
    photo_path, clip_path = media(options.photo, options.clip)
    photo, clip = read_photo(photo_path), read_clip(clip_path)
    puppet = Puppet(options.load(), options.puppet())
    return {
        "kind": "latency",
        **measure(puppet, photo, clip, options.threads or cores(), options, on_frame),
        **options.told(),
        **facts(),
    }


def measure(
    puppet: Puppet,
    photo: Picture,
    clip: Sequence[Picture],
    threads: int | None,
    options: BenchOptions,
    on_frame: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The measured part of ``run_latency``, of a puppet that is loaded already.

    :param threads: of the yardstick.
    """
    model, gflop = yardstick_model()
    yardstick = EngineFactory(threads=threads).make(model, "yardstick")
    sources_ms = [timed(lambda: puppet.set_source(photo)) for _ in range(options.sources + 1)]
    chain_ms, yardstick_ms = _interleaved(puppet, yardstick, clip, options, on_frame)
    chain, unit = Spread.of(chain_ms), Spread.of(yardstick_ms)
    return {
        "chain_ms": plain(chain),
        "yardstick_ms": plain(unit),
        "ratio": round(chain.p50 / unit.p50, 3),
        "stages": {f"{name}_ms": plain(spread) for name, spread in puppet.stats().items()},
        "set_source_ms": round(Spread.of(sources_ms[1:]).p50, 2),
        "peak_rss_mib": round(peak_rss_mib(), 1),
        "frames": options.frames,
        "lost_person_frames": puppet.lost,
        "photo": {"width": photo.shape[1], "height": photo.shape[0]},
        "clip": {"width": clip[0].shape[1], "height": clip[0].shape[0]},
        "yardstick_gflop": round(gflop, 3),
    }


def _interleaved(
    puppet: Puppet,
    yardstick: Engine,
    clip: Sequence[Picture],
    options: BenchOptions,
    on_frame: Callable[[int, int], None] | None,
) -> tuple[list[float], list[float]]:
    feeds = {"x": yardstick_input()}
    chain_ms: list[float] = []
    yardstick_ms: list[float] = []
    for i in range(options.warmup + options.frames):
        if i == options.warmup:
            puppet.reset_stats()
            chain_ms.clear()
            yardstick_ms.clear()
        frame = there_and_back(clip, i)
        chain_ms.append(timed(lambda: puppet.animate(frame, i / ASSUMED_RATE)))  # noqa: B023
        yardstick_ms.append(timed(lambda: yardstick.run(feeds)))
        if on_frame is not None:
            on_frame(max(0, i + 1 - options.warmup), options.frames)
    return chain_ms, yardstick_ms
