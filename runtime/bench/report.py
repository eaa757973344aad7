"""Reports as Markdown, in the form of docs/results.md, and as plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bunraku.errors import OutputError
from bunraku.runtime.bench import plots

Report = dict[str, Any]
HEADINGS = {
    "latency": "A frame and its stages",
    "kernels": "Kernels",
    "engines": "Engines",
    "memory": "Memory",
    "glass": "Glass to glass",
}


def write_report(reports: Sequence[tuple[str, Report]], folder: Path) -> list[Path]:
    """Write report.md and the plots.

    :param reports: the name of each file, and what it holds.
    :return: what was written.
    :raises OutputError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        parts = ["# Measured\n"]
        for name, report in reports:
            drawn = [_save(*pair, name, folder) for pair in plots.plots_of(report)]
            parts.append("\n".join([*markdown(report), *(f"\n![]({p.name})" for p in drawn)]))
            written += drawn
        text = folder / "report.md"
        text.write_text("\n".join(parts) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written to: {error.strerror}.") from error
    return [text, *written]


def markdown(report: Report) -> Iterator[str]:
    """A report's tables, line by line, with machine, day and commit before them."""
    yield f"## {HEADINGS[report['kind']]}\n"
    yield f"{_where(report)}\n"
    match report["kind"]:
        case "latency":
            yield from _latency(report)
        case "kernels":
            yield from _kernels(report)
        case "engines":
            yield from _engines(report)
        case "memory":
            yield from _memory(report)
        case "glass":
            yield from _glass(report)
    if "load" in report:
        yield from _load(report["load"])


def _save(what: str, picture: Any, name: str, folder: Path) -> Path:
    path = folder / f"{Path(name).stem}-{what}.png"
    picture.save(path)
    return path


def _where(report: Report) -> str:
    machine, commit = report["machine"], report["commit"]
    gpu = f"{machine['gpu']['name']}, " if machine["gpu"] else ""
    told = [f"{gpu}{machine['cores']} cores of {machine['cpu']}", report["date"][:10]]
    told += [f"commit {commit[:9]}{'+' if commit.endswith('+') else ''}"] if commit else []
    told += [f"{key} {report[key]}" for key in ("bundle", "driver", "engine") if key in report]
    return "; ".join(told) + "."


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table in Markdown; a blank line after it."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(map(_cell, line))} |" for line in lines] + [""]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return str(value).replace("|", "/")


def _spread(told: Any) -> list[object]:
    nothing = told is None or "missing" in told
    return [None] * 3 if nothing else [float(told[name]) for name in ("p50", "p95", "min")]


def _latency(report: Report) -> list[str]:
    rows = [("chain", report["chain_ms"]), ("yardstick", report["yardstick_ms"])]
    rows += [(name.removesuffix("_ms"), told) for name, told in report["stages"].items()]
    base = report.get("base")
    if base is not None:
        rows += [("the first chain", base["chain_ms"])]
        rows += [(f"its {n.removesuffix('_ms')}", told) for n, told in base["stages"].items()]
    faster = [] if base is None else [_faster(base["times"])]
    return [
        *table(("", "p50 ms", "p95 ms", "min ms"), [[n, *_spread(told)] for n, told in rows]),
        f"Ratio {report['ratio']}; the photo {report['set_source_ms']} ms; "
        f"peak {report['peak_rss_mib']} MiB.\n",
        *faster,
    ]


def _faster(times: dict[str, float]) -> str:
    return (
        f"{times['chain']:.2f} times faster than the first chain, "
        f"{times['chain_cpu']:.2f} in processor time.\n"
    )


def _load(runs: Sequence[Report]) -> list[str]:
    heads = ("sessions", "fed at", "frames/s", "slowest", "age p50 ms", "p95", "dropped", "lost")
    return table(
        heads,
        [
            [
                run["sessions"],
                f"{run['rate']:g}/s" if run["rate"] else "as taken",
                float(run["frames_per_s"]),
                float(run["slowest"]),
                *_spread(run["age_ms"])[:2],
                run["dropped"],
                run.get("lost", 0),
            ]
            for run in runs
        ],
    )


def _kernels(report: Report) -> list[str]:
    heads = ("kernel", "", "form", "p50 ms", "p95", "times torch", "of roofline", "error")
    rows: list[list[object]] = []
    for kernel in report["kernels"]:
        for form, told in kernel["forms"].items():
            row: list[object] = [kernel["name"], kernel["precision"], form]
            if "missing" in told:
                rows.append([*row, f"({told['missing']})", *[None] * 4])
                continue
            ratios = [told.get("speedup"), told["of_roofline"], float(told["error"])]
            rows.append([*row, *_spread(told)[:2], *ratios])
    return [f"A copy moves {report['copy_gb_s']} GB/s.\n", *table(heads, rows)]


def _engines(report: Report) -> list[str]:
    heads = ["engine", "", "on", "chain p50 ms", "p95", "generator p50 ms", "p95", "its networks"]
    heads += ["levels", "in"]
    rows: list[list[object]] = []
    for told in report["engines"]:
        row: list[object] = [told["engine"], told["precision"]]
        if "missing" in told:
            rows.append([*row, f"({told['missing']})", *[None] * 7])
            continue
        chain, own = _spread(told["chain_ms"])[:2], _spread(told["generator_ms"])[:2]
        networks = _spread(told.get("networks_ms"))[0]
        near = [float(told["parity"]["levels_mean"]), "yes" if told["within"] else "NO"]
        rows.append([*row, told["device"], *chain, *own, networks, *near])
    return [f"Surfaces {report['surfaces']}.\n", *table(heads, rows)]


def _memory(report: Report) -> list[str]:
    rows = [
        [name, float(told["peak_mib"]), float(told["after_mib"]), told.get("gpu_peak_mib")]
        for name, told in report["steps"].items()
    ]
    return table(("step", "peak MiB", "after MiB", "GPU peak MiB"), rows)


def _glass(report: Report) -> list[str]:
    rows = [["glass to program", *_spread(report["glass_ms"])]]
    rows += [["until the camera's own time", *_spread(report["to_capture_ms"])]]
    included = [f"- in it: {line}" for line in report["includes"]]
    left = [f"- not in it: {line}" for line in report["leaves_out"]]
    return [
        *table(("", "p50 ms", "p95 ms", "min ms"), rows),
        f"{report['samples']} marks; a frame every {report['frame_interval_ms']} ms.\n",
        *included,
        *left,
        "",
    ]
