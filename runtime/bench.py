"""How long a frame takes, measured: the whole chain, each stage, and a yardstick beside them.

The yardstick (yardstick.py) runs between the frames, with as many threads and always in the
reference library, so that their ratio means the same on a busy machine as on an idle one, and for
every engine.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import av.error
import numpy as np

from bunraku.errors import ClipError, InputError
from bunraku.runtime.engines.bundle import weights_folder
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import AUTO, EngineFactory, EngineKind, choose
from bunraku.runtime.measure import Spread
from bunraku.runtime.options import DRIVER, FACE, HANDS, LIVE_RESOLUTION, DriverKind, PuppetOptions
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.opening import film_stream, open_clip
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.source.place import Read, path_of
from bunraku.runtime.yardstick import yardstick_input, yardstick_model
from bunraku.spec.arrays import Picture
from bunraku.spec.cores import cores

LIBRARIES = ("bunraku", "numpy", "numba", "onnxruntime", "opencv-python-headless", "av")
CLIP_FRAMES = 48
"""Of the clip, held in memory; few, because the peak of the memory is reported too."""
ASSUMED_RATE = 30.0  # frames a second, of clips that do not say


@dataclass(frozen=True)
class BenchOptions:
    """What is measured."""

    bundle: str | Path = "live"
    iuv: str | Path = "iuv"
    """The bundle of the IUV net."""
    driver: DriverKind | str = DRIVER
    """What poses the photo: landmarks or body."""
    face: float = FACE
    """How strongly the photo's face does what the driver's does."""
    hands: bool = HANDS
    """Whether its hands do."""
    resolution: int = LIVE_RESOLUTION
    """Side in pixels of the window in which a body is drawn, at most."""
    engine: EngineKind | str = AUTO
    threads: int | None = None
    """For each engine and kernel; None for as many as the process may use."""
    photo: Path | None = None
    """None for the one that ships."""
    clip: Path | None = None
    frames: int = 150
    """Measured frames; the clip is repeated as needed."""
    warmup: int = 20
    """Frames before them."""
    sources: int = 3
    """How often the photo is set; the middle one counts, after a first that does not."""


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
    if min(options.frames, options.sources) < 1 or options.warmup < 0:
        raise InputError("A bench needs at least one frame and one source.")
    photo_path, clip_path = media(options)
    photo, clip = read_photo(photo_path), read_clip(clip_path, CLIP_FRAMES)
    threads = options.threads or cores()
    puppet = Puppet.load(
        options.bundle,
        engine=options.engine,
        threads=threads,
        iuv=options.iuv,
        driver=options.driver,
        resolution=options.resolution,
        options=PuppetOptions(face=options.face, hands=options.hands),
    )
    return {
        **measure(puppet, photo, clip, threads, options, on_frame),
        "bundle": str(options.bundle),
        "driver": str(options.driver),
        "face": options.face,
        "hands": options.hands,
        "resolution": options.resolution,
        "engine": str(choose(options.engine)),
        "threads": threads,
        "machine": machine(),
        "commit": commit(),
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
    sources_ms = [_timed(lambda: puppet.set_source(photo)) for _ in range(options.sources + 1)]
    chain_ms, yardstick_ms = _interleaved(puppet, yardstick, clip, options, on_frame)
    chain, unit = Spread.of(chain_ms), Spread.of(yardstick_ms)
    return {
        "chain_ms": _plain(chain),
        "yardstick_ms": _plain(unit),
        "ratio": round(chain.p50 / unit.p50, 3),
        "stages": {f"{name}_ms": _plain(spread) for name, spread in puppet.stats().items()},
        "set_source_ms": round(Spread.of(sources_ms[1:]).p50, 2),
        "peak_rss_mib": round(peak_rss_mib(), 1),
        "frames": options.frames,
        "lost_person_frames": puppet.lost,
        "photo": {"width": photo.shape[1], "height": photo.shape[0]},
        "clip": {"width": clip[0].shape[1], "height": clip[0].shape[0]},
        "yardstick_gflop": round(gflop, 3),
    }


def media(options: BenchOptions) -> tuple[Path, Path]:
    """The photo and the clip to measure with: the user's, those that ship, or the examples.

    :raises InputError: one is not given and none is there.
    """
    examples = Path(__file__).resolve().parent.parent / "examples"
    chosen = []
    for given, pattern in ((options.photo, "photo.*"), (options.clip, "clip.*")):
        folders = (weights_folder() / "bench", examples)
        found = [p for folder in folders for p in sorted(folder.glob(pattern))]
        if given is None and not found:
            raise InputError(
                f"This installation has no {pattern.split('.')[0]} to measure with.",
                "Name one with --photo and --clip.",
            )
        chosen.append(given if given is not None else found[0])
    return chosen[0], chosen[1]


def read_clip(path: Path, most: int) -> list[Picture]:
    """Up to ``most`` frames of a clip, HWC uint8 RGB.

    :raises ClipError: it cannot be read or has no frames.
    """
    path = path_of(path, Read.CLIP)
    frames: list[Picture] = []
    try:
        with open_clip(path) as container:
            for frame in container.decode(film_stream(container, path)):
                frames.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                if len(frames) == most:
                    break
    except av.error.FFmpegError as error:
        raise ClipError(f"{path} is damaged: {error.strerror}.", "Use another clip.") from error
    if not frames:
        raise ClipError(f"{path} has no frames.", "Use another clip.")
    return frames


def peak_rss_mib() -> float:
    """The most memory that this process has had resident so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load": [round(value, 2) for value in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def commit() -> str | None:
    """The checkout's commit, "+" after it if files have changed; None outside of a checkout."""
    folder = Path(__file__).resolve().parent
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changed else "")


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
        # Forwards and backwards, so that the driver does not jump where the clip starts again.
        step = i % max(1, 2 * len(clip) - 2)
        frame = clip[min(step, 2 * len(clip) - 2 - step)]
        chain_ms.append(_timed(lambda: puppet.animate(frame, i / ASSUMED_RATE)))  # noqa: B023
        yardstick_ms.append(_timed(lambda: yardstick.run(feeds)))
        if on_frame is not None:
            on_frame(max(0, i + 1 - options.warmup), options.frames)
    return chain_ms, yardstick_ms


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def _plain(spread: Spread) -> dict[str, float]:
    return {name: round(getattr(spread, name), 3) for name in ("p50", "p95", "min")}


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str:
    # Only this project's own checkout: the package may lie in a virtual environment inside another.
    if not (folder.parent / ".git").exists():
        raise FileNotFoundError(folder.parent / ".git")
    result = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return result.stdout.strip()
