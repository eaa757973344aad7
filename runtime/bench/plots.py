"""The plots of reports: stages as a waterfall, load, kernels and engines as bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from bunraku.runtime.bench.drawing import MARGINS, SIZE, Plot
from bunraku.spec.stages import Stage, Step

Report = dict[str, Any]
Named = tuple[str, Image.Image]

ROW_PX = 34
WORDS_PX = 340
"""Room on the left for what a bar is of."""
ABOVE = 1.15
"""Axes reach a little beyond the largest value."""


def plots_of(report: Report) -> Iterator[Named]:
    """The plots of one report, each with a word for its file's name."""
    match report["kind"]:
        case "latency":
            yield "stages", _waterfall(report)
        case "kernels":
            yield "kernels", _kernels(report)
        case "engines" if any("missing" not in told for told in report["engines"]):
            yield "engines", _engines(report)
        case "memory":
            yield "memory", _memory(report)
    runs = [run for run in report.get("load", ()) if run["rate"]]
    if runs:
        yield "sessions", _sessions(runs)
        if any(run["age_ms"] for run in runs):
            yield "age", _ages(runs)


def _rows(title: str, x_label: str, most: float, count: int) -> Plot:
    """A plot of that many bars below each other."""
    height = MARGINS[1] + MARGINS[3] + ROW_PX * count
    size = (SIZE[0], height)
    return Plot(title, x_label, most * ABOVE, left=WORDS_PX, size=size)


def _span(row: int) -> tuple[float, float]:
    """Upper and lower edge of a bar."""
    top = MARGINS[1] + row * ROW_PX
    return top + 6, top + ROW_PX - 6


def _waterfall(report: Report) -> Image.Image:
    """Each step after the one before it, as in one frame; whiskers reach to p95."""
    steps = {name.removesuffix("_ms"): told for name, told in report["stages"].items()}
    chain = report["chain_ms"]
    most = max(chain["p95"], sum(told["p50"] for told in steps.values()))
    plot = _rows(f"A frame, engine {_short(report['engine'])}", "ms", most, len(steps) + 1)
    colours = {stage: number for number, stage in enumerate(Stage)}
    start = 0.0
    for row, (name, told) in enumerate(steps.items()):
        top, bottom = _span(row)
        end, colour = start + told["p50"], colours[Step(name).stage]
        plot.bar(start, end, top, bottom, colour)
        plot.thin(end, min(start + told["p95"], plot.x_most), (top + bottom) / 2)
        plot.word((WORDS_PX - 12, (top + bottom) / 2), f"{name}  {told['p50']:.1f}", "rm")
        start = end
    top, bottom = _span(len(steps))
    plot.bar(0.0, chain["p50"], top, bottom, len(Stage))
    plot.thin(chain["p50"], chain["p95"], (top + bottom) / 2)
    plot.word((WORDS_PX - 12, (top + bottom) / 2), f"whole chain  {chain['p50']:.1f}", "rm")
    return plot.image


def _bars(
    title: str, x_label: str, bars: Sequence[tuple[str, float, float | None, int]]
) -> Image.Image:
    """Bars with their names, a whisker's end where there is one, and a colour."""
    most = max(end or value for _, value, end, _ in bars)
    plot = _rows(title, x_label, most, len(bars))
    for row, (name, value, end, colour) in enumerate(bars):
        top, bottom = _span(row)
        plot.bar(0.0, value, top, bottom, colour)
        if end is not None:
            plot.thin(value, end, (top + bottom) / 2)
        plot.word((WORDS_PX - 12, (top + bottom) / 2), name, "rm")
        plot.word(
            (plot.x(max(value, end or 0.0)) + 8, (top + bottom) / 2),
            f"{value:.0f}" if value >= 100 else f"{value:.3g}",
        )
    return plot.image


def _kernels(report: Report) -> Image.Image:
    """How near each form comes to what memory allows."""
    names = sorted({form for kernel in report["kernels"] for form in kernel["forms"]})
    order = {name: number for number, name in enumerate(names)}
    bars = [
        (
            f"{k['name']} {k['precision']}, {form}",
            100 * told["of_roofline"],
            None,
            order[form],
        )
        for k in report["kernels"]
        for form, told in k["forms"].items()
        if "missing" not in told
    ]
    bars = bars or [("nothing was measured", 0.1, None, 0)]
    return _bars(f"Kernels on {report['device']}", "% of the roofline", bars)


def _engines(report: Report) -> Image.Image:
    bars = []
    for told in report["engines"]:
        if "missing" in told:
            continue
        name = f"{told['engine']}:{told['precision']}"
        for colour, what in enumerate(("chain", "generator")):
            spread = told[f"{what}_ms"]
            if "missing" not in spread:
                bars.append((f"{name}, {what}", spread["p50"], spread["p95"], colour))
    return _bars("Engines on the same frames", "ms a frame, p50 to p95", bars)


def _memory(report: Report) -> Image.Image:
    bars = [
        (name, told["peak_mib"], None, row)
        for row, (name, told) in enumerate(report["steps"].items())
    ]
    return _bars(f"Memory, engine {_short(report['engine'])}", "MiB resident at most", bars)


def _sessions(runs: Sequence[Report]) -> Image.Image:
    all_of_them = [(run["sessions"], run["frames_per_s"]) for run in runs]
    wanted = [(run["sessions"], run["sessions"] * run["rate"]) for run in runs]
    most = max(*(y for _, y in all_of_them), *(y for _, y in wanted))
    plot = _over_sessions("Frames a second of all sessions", "frames/s", runs, most)
    plot.line(wanted, 1, "fed")
    plot.line(all_of_them, 0, "shown")
    return plot.image


def _ages(runs: Sequence[Report]) -> Image.Image:
    seen = [run for run in runs if run["age_ms"]]
    most = max(run["age_ms"]["p95"] for run in seen)
    plot = _over_sessions("Age of a frame when it is shown", "ms", runs, most)
    for colour, name in enumerate(("p50", "p95")):
        plot.line([(run["sessions"], run["age_ms"][name]) for run in seen], colour, name)
    return plot.image


def _over_sessions(title: str, y_label: str, runs: Sequence[Report], most: float) -> Plot:
    sessions = max(run["sessions"] for run in runs)
    return Plot(title, "sessions", sessions * ABOVE, y_label, max(most, 1.0) * ABOVE)


def _short(engine: str) -> str:
    """Without why others were not taken."""
    return engine.partition(" (")[0]
