"""``bunraku bench latency``: how long a frame takes, and what many sessions get."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from bunraku.commands import options as common
from bunraku.commands.bench import options as bench
from bunraku.commands.show import progress_bar
from bunraku.errors import InputError
from bunraku.runtime.options import DRIVER, FACE, HANDS, LIVE_RESOLUTION


def latency(
    bundle: bench.BundleOption = "live",
    iuv_bundle: common.IuvBundleOption = "iuv",
    driver: common.LiveDriverOption = DRIVER,
    face: common.FaceOption = FACE,
    hands: common.HandsOption = HANDS,
    resolution: common.ResolutionOption = None,
    engine: common.EngineOption = common.AUTO,
    threads: common.ThreadsOption = None,
    photo: bench.PhotoOption = None,
    clip: bench.ClipOption = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to measure.")] = 150,
    base: Annotated[
        bool,
        typer.Option(
            "--base",
            help="Also, frame by frame in turns, the chain that Bunraku began with: the landmarks' "
            "networks in float32, neither face nor hands.",
        ),
    ] = False,
    sessions: Annotated[
        str | None,
        typer.Option(
            metavar="N,N…",
            help="Also live sessions, so many at once, as in 1,2,4: frames a second, their age, "
            "and one session as fast as it can.",
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option(help="With --sessions: each one's frames a second.")
    ] = 30.0,
    seconds: Annotated[float, typer.Option(help="With --sessions: of each run.")] = 10.0,
    json_file: bench.JsonOption = None,
) -> None:
    """Time the whole chain from frame to picture, and each stage, beside a yardstick network."""
    from bunraku.runtime.bench.latency import run_latency
    from bunraku.runtime.bench.options import BenchOptions
    from bunraku.stream.bench.load import WARM_S, LoadOptions, run_load

    bench.check_json(json_file, photo, clip)
    load = LoadOptions(rate=rate, seconds=seconds, warm_s=min(WARM_S, seconds))
    if sessions is not None:
        load = replace(load, sessions=parse_sessions(sessions))
        load.check()
    options = BenchOptions(
        bundle=bundle,
        iuv=iuv_bundle,
        driver=driver,
        face=face,
        hands=hands,
        resolution=resolution or LIVE_RESOLUTION,
        engine=engine,
        threads=threads,
        photo=photo,
        clip=clip,
        frames=frames,
        warmup=min(20, frames),
        sources=min(3, frames),
        base=base,
    )
    bench.tell(f"engine: {options.choice}")
    with progress_bar("frames") as progress:
        task = progress.add_task("Measuring", total=frames)
        report = run_latency(options, lambda done, _: progress.update(task, completed=done))
    if sessions is not None:
        report["load"] = run_load(options, load, bench.tell)
    if bench.write_report(json_file, report):
        _print(report)


def parse_sessions(text: str) -> tuple[int, ...]:
    """Read "1,2,4".

    :raises InputError: it is something else.
    """
    counts = [common.whole_number(part.strip()) for part in text.split(",")]
    if None in counts:
        raise InputError(f"--sessions {text} is not a list of numbers.", "Write it as in 1,2,4")
    return tuple(count for count in counts if count is not None)


def _print(report: dict[str, Any]) -> None:
    rows = {"chain": report["chain_ms"], "yardstick": report["yardstick_ms"]}
    rows |= {f"  {name.removesuffix('_ms')}": spread for name, spread in report["stages"].items()}
    if "base" in report:
        rows["first chain"] = report["base"]["chain_ms"]
    width = max(map(len, rows))
    for name, spread in rows.items():
        typer.echo(
            f"{name:<{width}} p50 {spread['p50']:7.2f} ms   p95 {spread['p95']:7.2f} ms   "
            f"min {spread['min']:7.2f} ms"
        )
    typer.echo(
        f"ratio {report['ratio']:.2f}, set_source {report['set_source_ms']:.0f} ms, "
        f"peak memory {report['peak_rss_mib']:.0f} MiB"
    )
    if "base" in report:
        times = report["base"]["times"]
        typer.echo(
            f"{times['chain']:.2f} times faster than the first chain, {times['chain_cpu']:.2f} in "
            "processor time"
        )
    for run in report.get("load", ()):
        fed = f"{run['rate']:g} frames/s each" if run["rate"] else "as fast as it can"
        age = "no frame" if run["age_ms"] is None else f"age p50 {run['age_ms']['p50']:.0f} ms"
        typer.echo(
            f"{run['sessions']:>3} sessions, {fed}: {run['frames_per_s']:.1f} frames/s, {age}, "
            f"{run['dropped']} dropped"
        )
