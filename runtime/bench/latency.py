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
from bunraku.runtime.bench.timing import plain, timed, timed_with_cpu
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
        ``ratio`` of the two first p50; ``chain_cpu_ms`` and ``stages_cpu``, in processor time of
        all threads, of stages beside which no other is done: of all on one thread;
        with ``options.base`` also ``base``, with ``chain_ms``, ``chain_cpu_ms``, ``stages`` and
        ``times``, how many times faster the other is, by both; ``set_source_ms``,
        ``peak_rss_mib`` (of both chains, if there are two), and what was measured on what:
        ``machine``, ``commit``, ``bundle``, ``frames`` and more. Plain JSON values.
    :raises InputError: the photo or the clip cannot be used.
    :raises BunrakuError: see ``Puppet.load``.
    """
    options = options or BenchOptions()
    options.check()
    photo_path, clip_path = media(options.photo, options.clip)
    photo, clip = read_photo(photo_path), read_clip(clip_path)
    puppet = Puppet(options.load(), options.puppet())
    base = None
    if options.base:
        first = options.at_first()
        base = Puppet(first.load(), first.puppet())
    return {
        "kind": "latency",
        **measure(puppet, photo, clip, options.threads or cores(), options, on_frame, base=base),
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
    *,
    base: Puppet | None = None,
) -> dict[str, Any]:
    """The measured part of ``run_latency``, of puppets that are loaded already.

    :param threads: of the yardstick.
    :param base: of ``options.at_first()``, frame by frame in turns with the other; None for none.
    """
    model, gflop = yardstick_model()
    yardstick = EngineFactory(threads=threads).make(model, "yardstick")
    sources_ms = [timed(lambda: puppet.set_source(photo)) for _ in range(options.sources + 1)]
    if base is not None:
        base.set_source(photo)
    chains = [puppet] if base is None else [puppet, base]
    chain_ms, yardstick_ms = _interleaved(chains, yardstick, clip, options, on_frame)
    unit = Spread.of(yardstick_ms)
    told = [_told(chain, *times) for chain, times in zip(chains, chain_ms, strict=True)]
    report = {
        **told[0],
        "yardstick_ms": plain(unit),
        "ratio": round(told[0]["chain_ms"]["p50"] / unit.p50, 3),
        "set_source_ms": round(Spread.of(sources_ms[1:]).p50, 2),
        "peak_rss_mib": round(peak_rss_mib(), 1),
        "frames": options.frames,
        "lost_person_frames": puppet.lost,
        "photo": {"width": photo.shape[1], "height": photo.shape[0]},
        "clip": {"width": clip[0].shape[1], "height": clip[0].shape[0]},
        "yardstick_gflop": round(gflop, 3),
    }
    if base is not None:
        times = {
            name: round(told[1][f"{name}_ms"]["p50"] / told[0][f"{name}_ms"]["p50"], 3)
            for name in ("chain", "chain_cpu")
        }
        report["base"] = {**options.at_first().told(), **told[1], "times": times}
    return report


def _told(puppet: Puppet, chain_ms: list[float], cpu_ms: list[float]) -> dict[str, Any]:
    """Of one chain: the whole, its processor time, and its stages."""
    return {
        "chain_ms": plain(Spread.of(chain_ms)),
        "chain_cpu_ms": plain(Spread.of(cpu_ms)),
        "stages": {f"{name}_ms": plain(spread) for name, spread in puppet.stats().items()},
        "stages_cpu": {f"{name}_ms": plain(spread) for name, spread in puppet.cpu_stats().items()},
    }


def _interleaved(
    puppets: Sequence[Puppet],
    yardstick: Engine,
    clip: Sequence[Picture],
    options: BenchOptions,
    on_frame: Callable[[int, int], None] | None,
) -> tuple[list[tuple[list[float], list[float]]], list[float]]:
    """Of each puppet its frames' milliseconds and those of processors; the yardstick's."""
    feeds = {"x": yardstick_input()}
    chains: list[tuple[list[float], list[float]]] = [([], []) for _ in puppets]
    yardstick_ms: list[float] = []
    for i in range(options.warmup + options.frames):
        if i == options.warmup:
            yardstick_ms.clear()
            for puppet, taken in zip(puppets, chains, strict=True):
                puppet.reset_stats()
                for times in taken:
                    times.clear()
        frame = there_and_back(clip, i)
        for puppet, taken in zip(puppets, chains, strict=True):
            pair = timed_with_cpu(lambda: puppet.animate(frame, i / ASSUMED_RATE))  # noqa: B023
            for times, value in zip(taken, pair, strict=True):
                times.append(value)
        yardstick_ms.append(timed(lambda: yardstick.run(feeds)))
        if on_frame is not None:
            on_frame(max(0, i + 1 - options.warmup), options.frames)
    return chains, yardstick_ms
