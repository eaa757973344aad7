"""Every inference library on the same frames: how near to the reference, and how fast.

What they have in common is the generator: the driver's surfaces are computed once, by the
reference, and every library gets those. Where the networks that find people are at hand, the whole
chain is measured too, all of whose networks the library runs.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from bunraku.errors import BunrakuError, FetchError
from bunraku.runtime.bench.facts import facts
from bunraku.runtime.bench.media import ASSUMED_RATE, media, read_clip, there_and_back
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.bench.scene import Scene, found_scene, made_scene
from bunraku.runtime.bench.timing import missing, plain, timed
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.libraries import LIBRARIES, EngineKind
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import REFERENCE, EngineFactory
from bunraku.runtime.generator import Generator
from bunraku.runtime.measure import Recorder, Spread
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.cores import cores
from bunraku.spec.stages import Step
from bunraku.spec.tensors import GENERATOR_ENGINES

OWN = "own"
"""As precision: what a library itself takes for each network, which is what users get."""
TOLERANCES = {OWN: 0.3, "f32": 0.02, "f16": 0.3, "bf16": 0.3, "int8": 1.0}
"""How far a picture of the generator may be from the reference's, by what a library computes in: in
the mean over its window, of 255 levels."""

PAINTING = (Step.MOTION, Step.SEAM, Step.BLEND)
"""What a generator does between what goes up and what comes down."""
NO_CHAIN = "the pose networks have not been fetched"

Pictures = list[Array]


def candidates(only: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Each library and precision, the reference first; ``only`` those named, as kind or
    kind:precision. Those that know several come once more as they are without a precision.
    """
    every = []
    for kind, library in LIBRARIES.items():
        own = [OWN] if len(library.precisions) > 1 else []
        every += [(str(kind), precision) for precision in [*own, *map(str, library.precisions)]]
    every.sort(key=lambda pair: ":".join(pair) != REFERENCE)
    return [(k, p) for k, p in every if not only or k in only or f"{k}:{p}" in only]


def run_engines(
    options: BenchOptions | None = None,
    only: Sequence[str] = (),
    on_engine: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Measure every library that is installed.

    :param options: ``engine`` is not looked at.
    :param only: those that are measured, see ``candidates``; none for all but ``torch-compiled``,
        which takes minutes to compile.
    :param on_engine: told the name of each before it.
    :return: ``engines[]``, each with ``engine``, ``precision``, ``chain_ms`` (or ``missing`` where
        nothing finds people), ``generator_ms``, from a surface to a picture in the host's memory,
        and of it ``networks_ms``, without what goes up and down, by the device's own clock (each
        p50, p95, min), ``load_s``, ``parity`` and ``within`` its tolerance, or ``missing`` with
        the reason, ``cannot_run`` where that holds for all of the library; and what was measured
        on what.
    :raises BunrakuError: the bundle, the photo or the clip cannot be used.
    """
    options = options or BenchOptions()
    options.check()
    photo_path, clip_path = media(options.photo, options.clip)
    photo, clip = read_photo(photo_path), read_clip(clip_path)
    scene = _scene(options, photo, clip)
    wanted = generated(options, REFERENCE, scene)[0]
    chain = _pictures(options, REFERENCE, photo, clip)[0] if scene.found else None
    rows: list[dict[str, Any]] = []
    for kind, precision in candidates(only):
        if any(told["engine"] == kind and "cannot_run" in told for told in rows):
            continue  # one line is enough for a library that is not here
        name = kind if precision == OWN else f"{kind}:{precision}"
        if on_engine is not None:
            on_engine(name)
        told: dict[str, Any] = {"engine": kind, "precision": precision}
        reason = _cannot_run(kind, only)
        if reason is not None:
            rows.append({**told, **missing(reason), "cannot_run": True})
            continue
        try:
            rows.append({**told, **_row(options, name, scene, wanted, (photo, clip, chain))})
        except BunrakuError as error:
            rows.append({**told, **missing(error.message)})
        gc.collect()
    return {
        "kind": "engines",
        "reference": REFERENCE,
        "engines": rows,
        "frames": options.frames,
        "surfaces": scene.told,
        **replace(options, engine=REFERENCE).told(),
        **facts(),
    }


def _cannot_run(kind: str, only: Sequence[str]) -> str | None:
    """Why nothing of a library is measured."""
    if not only and kind == EngineKind.TORCH_COMPILED:
        return f"left out: --engine {kind} measures it"
    return LIBRARIES[kind].lacking()


def _scene(options: BenchOptions, photo: Picture, clip: Sequence[Picture]) -> Scene:
    bundle = Bundle.load(options.bundle)
    with suppress(FetchError):
        return found_scene(options, REFERENCE, photo, clip)
    return made_scene(bundle.layout)


def _row(
    options: BenchOptions,
    name: str,
    scene: Scene,
    wanted: Pictures,
    media: tuple[Picture, Sequence[Picture], Pictures | None],
) -> dict[str, Any]:
    given, measure, load_s, device = generated(options, name, scene)
    levels = [np.abs(a - b).mean() for a, b in zip(given, wanted, strict=True)]
    most = [np.abs(a - b).max() for a, b in zip(given, wanted, strict=True)]
    parity = {"levels_mean": round(float(max(levels)), 4), "levels_max": round(float(max(most)), 2)}
    whole, networks = measure()
    told: dict[str, Any] = {
        "device": device,
        "load_s": round(load_s, 2),
        "chain_ms": missing(NO_CHAIN),
        "generator_ms": plain(whole),
        "networks_ms": plain(networks),
        "parity": parity,
        "within": parity["levels_mean"] <= TOLERANCES[name.partition(":")[2] or OWN],
    }
    photo, clip, pictures = media
    if pictures is not None:
        moved, measure_chain = _pictures(options, name, photo, clip)
        told["chain_ms"] = plain(measure_chain())
        apart = [np.abs(a - b).mean() for a, b in zip(moved, pictures, strict=True)]
        parity["chain_levels_mean"] = round(float(np.mean(apart)), 4)
    return told


def generated(
    options: BenchOptions, name: str, scene: Scene
) -> tuple[Pictures, Callable[[], tuple[Spread, Spread]], float, str]:
    """The person over black in each surface, in levels; what measures how long further ones take,
    in all and of it the networks and the seam between them; how long it took to load; where."""
    bundle, threads = Bundle.load(options.bundle), options.threads or cores()
    made: list[Generator] = []
    recorder = Recorder()
    devices: list[str] = []

    def load() -> None:
        factory = EngineFactory(name, threads)
        engines: dict[str, Engine] = {
            n: factory.make(bundle.path(n), n, coarse=True) for n in GENERATOR_ENGINES
        }
        how: Any = {"device": factory.device, "recorder": recorder}
        made.append(Generator(engines, bundle.layout, threads, **how))
        devices.append(factory.device.name)

    load_s = timed(load) / 1e3
    generator = made[0]
    features = generator.encode(scene.image, scene.mask, scene.surface)

    def paint(index: int) -> Array:
        moved = generator.move(features, scene.driving[index % len(scene.driving)])
        shown = generator.fetch(generator.blend(features, generator.seam(features, moved)))
        return np.asarray(shown.image * shown.mask * 255.0).copy()

    def measure() -> tuple[Spread, Spread]:
        return _measured(options, paint, 0), recorder.together(PAINTING, options.frames)

    pictures = [paint(index) for index in range(len(scene.driving))]
    return pictures, measure, load_s, devices[0]


def _pictures(
    options: BenchOptions, name: str, photo: Picture, clip: Sequence[Picture]
) -> tuple[Pictures, Callable[[], Spread]]:
    """The whole chain's pictures of the clip, and what measures how long further ones take."""
    puppet = Puppet(replace(options, engine=name).load(), options.puppet())
    puppet.set_source(photo)

    def animate(index: int) -> Picture:
        return puppet.animate(there_and_back(clip, index), index / ASSUMED_RATE)

    pictures = [animate(i).astype(np.float32) for i in range(min(len(clip), options.frames))]
    return pictures, lambda: _measured(options, animate, len(pictures))


def _measured(options: BenchOptions, make: Callable[[int], object], first: int) -> Spread:
    """How long a picture takes, from number ``first`` on, once warmed up."""
    start = first + options.warmup
    for index in range(first, start):
        make(index)
    return Spread.of(
        [timed(lambda: make(i)) for i in range(start, start + options.frames)]  # noqa: B023
    )
