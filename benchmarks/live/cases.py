"""`scripts/bench live`: from a picture in the page to the same picture in the page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.live import browser, clip, figures, page, report
from benchmarks.live.child import child
from benchmarks.live.errors import BenchError
from benchmarks.live.measure import Plan, Say, Watch, first_frame, observe
from playwright.async_api import Playwright

SERVER = "benchmarks.live.server"
ECHO = "benchmarks.live.echo"
FLAT_MS_PER_MIN = 2.0
"""Less growth than this, or none that is certain, is no slope."""


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    module: str
    arguments: tuple[str, ...]
    full: Plan
    # None: left out of a quick run.
    quick: Plan | None
    make_clip: Callable[[Path], None] = clip.make_panning
    # What the delay may be at most, by its percentile.
    limits_ms: Mapping[str, float] = field(default_factory=dict)
    flat: bool = False


def _naive(name: str, delay_ms: int, quick: Plan | None) -> Case:
    return Case(name, ECHO, ("--delay-ms", str(delay_ms)), Plan(4, 20), quick)


CASES = (
    Case(
        "passthrough",
        SERVER,
        ("--engine", "passthrough"),
        Plan(5, 60),
        Plan(1.5, 5),
        limits_ms={"p50": 50},
    ),
    Case(
        "engine_30ms",
        SERVER,
        ("--engine", "sleep", "--takes-ms", "30"),
        Plan(5, 60),
        Plan(1.5, 5),
        limits_ms={"p50": 90},
    ),
    Case(
        "overload_60ms",
        SERVER,
        ("--engine", "sleep", "--takes-ms", "60"),
        Plan(5, 300),
        Plan(1.5, 15),
        limits_ms={"p95": 220},
        flat=True,
    ),
    Case(
        "live",
        SERVER,
        ("--engine", "puppet", "--stamp"),
        Plan(10, 300),
        Plan(3, 15),
        make_clip=clip.make_person,
        flat=True,
    ),
    Case(
        "first_chain",
        SERVER,
        ("--engine", "first", "--stamp"),
        Plan(10, 60),
        Plan(3, 15),
        make_clip=clip.make_person,
    ),
    Case("stock_aiortc", ECHO, (), Plan(5, 60), Plan(1.5, 4)),
    _naive("naive_transform", 30, Plan(1.5, 4)),
    _naive("naive_transform_60ms", 60, None),
)


async def run(say: Say, *, quick: bool, only: Sequence[str] = ()) -> dict[str, Any]:
    """Measure every case, one after the other; one that fails leaves its error in its place.

    :raises BenchError: there is no case of a name in ``only``.
    """
    unknown = set(only) - {case.name for case in CASES}
    if unknown:
        raise BenchError(f"There is no case {', '.join(sorted(unknown))}.")
    found: dict[str, Any] = {**report.environment(), "quick": quick}
    chosen = [case for case in CASES if (case.name in only or not only)]
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder:
        clips = Clips(Path(folder), say)
        async with browser.driver() as playwright:
            for case in chosen:
                plan = case.quick if quick else case.full
                if plan is None:
                    continue
                say(f"{case.name}: {plan.measure_s:g} s")
                try:
                    found[case.name] = await measure(playwright, case, plan, clips, say)
                    report.check_cases(found, [case.name])
                    say(f"{case.name}: {_line(found[case.name])}")
                except BenchError as error:
                    found[case.name] = {"error": str(error)}
                    say(f"{case.name}: {error}")
    return found


class Clips:
    """Makes each clip once."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say

    def get(self, make: Callable[[Path], None]) -> Path:
        """The clip that ``make`` makes."""
        path = self._folder / f"{make.__name__}.mjpeg"
        if not path.exists():
            self._say("Drawing the clip")
            make(path)
        return path


async def measure(
    playwright: Playwright, case: Case, plan: Plan, clips: Clips, say: Say
) -> dict[str, Any]:
    """One case, with a server and a browser of its own.

    :raises BenchError: it cannot be measured.
    """
    path = clips.get(case.make_clip)
    async with (
        child(case.module, case.arguments) as server,
        browser.browser(playwright, path) as chromium,
    ):
        tab = await chromium.open(server.url)
        watch = Watch()
        try:
            begin = page.start if case.module == SERVER else page.start_echo
            pressed_ms = await begin(tab)
            first_ms = await first_frame(tab, watch, pressed_ms)
            result = await observe(tab, watch, plan, period=clip.FRAMES, say=say)
        except BenchError as error:
            raise BenchError(f"{error} {'; '.join(chromium.complaints[:3])}".strip()) from error
        told = await server.ask("told") if case.module == SERVER else {}
        return {
            **result,
            "first_frame_ms": round(first_ms, 1),
            "log": {key: told[key] for key in told if key.startswith("log_")},
            "chromium": chromium.version,
            **judge(result["page_to_page_ms"], case),
        }


def judge(delay_ms: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """The limits of a case and whether they were kept; nothing where there is none."""
    if not case.limits_ms and not case.flat:
        return {}
    kept = all(delay_ms.get(key, float("inf")) <= most for key, most in case.limits_ms.items())
    if case.flat:
        # A machine that becomes slower makes every delay longer: that is not the server's growth.
        slopes = ("", "even_speed_")
        kept = kept and any(figures.is_flat(delay_ms, FLAT_MS_PER_MIN, one) for one in slopes)
    return {"limits_ms": dict(case.limits_ms), "must_be_flat": case.flat, "kept": kept}


def _line(result: Mapping[str, Any]) -> str:
    delay = result["page_to_page_ms"]
    even = delay.get("even_speed_slope_ms_per_min")
    at_even = "" if even is None else f" ({even:+.1f} at even speed)"
    verdict = "" if "kept" not in result else ", kept" if result["kept"] else ", NOT KEPT"
    return (
        f"p50 {delay['p50']:.1f} ms, p95 {delay['p95']:.1f} ms, "
        f"slope {delay['slope_ms_per_min']:+.1f} ms/min{at_even}, "
        f"{result['fps']:.1f} fps{verdict}"
    )
