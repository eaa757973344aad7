"""How much memory each step takes: the most that was resident within it, from start to frame."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bunraku.errors import InputError
from bunraku.runtime.bench.facts import facts
from bunraku.runtime.bench.media import ASSUMED_RATE, media, read_clip, there_and_back
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.engines.present import missing_gpu
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.stages import Stage

FORGET_PEAK = "5"
"""What Linux takes for "the peak is what is resident now" (proc(5), clear_refs)."""
_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")

T = TypeVar("T")


def peak_rss_mib() -> float:
    """The most memory that this process has had resident so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


class Watch:
    """The most memory that was resident within each step, of the host and of a GPU."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}
        """By name: ``peak_mib`` within the step, ``after_mib`` at its end, ``gpu_peak_mib`` of what
        torch holds of a GPU, where there is one."""
        self.each = _forget_peak()
        """Whether peaks are of each step, not of all until its end: Linux forgets them."""

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do the work; a name that comes again keeps the larger peak."""
        _forget_peak()
        cuda = _cuda()
        if cuda is not None:
            cuda.reset_peak_memory_stats()
        result = work()
        now = _status()
        peak = now.get("VmHWM", peak_rss_mib()) if self.each else peak_rss_mib()
        told = {"peak_mib": peak, "after_mib": now.get("VmRSS", peak)}
        if cuda is not None:
            told["gpu_peak_mib"] = cuda.max_memory_allocated() / 2**20
        before = self.steps.get(name, {})
        larger = {key: max(value, before.get(key, 0.0)) for key, value in told.items()}
        self.steps[name] = {**larger, "after_mib": told["after_mib"]}
        return result


def run_memory(options: BenchOptions) -> dict[str, Any]:
    """Measure what loading, a photo and each stage of its frames take; in a process of its own.

    :return: ``steps`` in their order, see ``Watch``: ``start`` (the interpreter and what this
        command imports), ``load``, ``photo`` and the stages ``densepose``, ``motion`` and
        ``blend``; and what was measured on what.
    :raises InputError: the photo or the clip cannot be used, or nobody is in the clip.
    :raises BunrakuError: see ``Models.load``.
    """
    options.check()
    photo_path, clip_path = media(options.photo, options.clip)
    watch = Watch()
    watch.step("start", gc.collect)
    clip = read_clip(clip_path)
    puppet = Puppet(watch.step("load", options.load), options.puppet())
    watch.step("photo", lambda: puppet.set_source(read_photo(photo_path)))
    drawn = sum(
        _frame(puppet, watch, there_and_back(clip, i), i / ASSUMED_RATE)
        for i in range(options.warmup + options.frames)
    )
    if not drawn:
        raise InputError(f"Nobody is found in {clip_path}.", "Use another clip.")
    return {
        "kind": "memory",
        "steps": {name: _rounded(told) for name, told in watch.steps.items()},
        "peak_of_each_step": watch.each,
        "peak_rss_mib": round(peak_rss_mib(), 1),
        "frames": drawn,
        **options.told(),
        **facts(),
    }


def _frame(puppet: Puppet, watch: Watch, frame: Any, time_s: float) -> bool:
    """One frame through its stages, one after the other; whether somebody was in it."""
    identity = puppet.identity
    driving = watch.step(Stage.DENSEPOSE, lambda: puppet.drive(identity, frame, time_s))
    if driving is None:
        return False
    moved = watch.step(Stage.MOTION, lambda: puppet.move(identity, driving))
    watch.step(Stage.BLEND, lambda: puppet.paint(identity, moved))
    return True


def _rounded(told: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in told.items()}


def _forget_peak() -> bool:
    """Whether the system does."""
    try:
        _CLEAR.write_text(FORGET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def _status() -> dict[str, float]:
    """What Linux tells of this process's memory, in MiB; nothing elsewhere."""
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines if line.startswith("Vm"))
    return {name.rstrip(":"): int(number) / 1024 for name, number, _ in pairs}


def _cuda() -> Any:
    """torch's counts of a GPU, where something has loaded torch and there is one."""
    torch = sys.modules.get("torch")
    if torch is None or missing_gpu() is not None or not torch.cuda.is_available():
        return None
    return torch.cuda
