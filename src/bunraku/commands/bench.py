"""``bunraku bench``: how fast this machine is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bunraku.commands.options import (
    AUTO,
    EngineOption,
    FaceOption,
    HandsOption,
    IuvBundleOption,
    LiveDriverOption,
    ResolutionOption,
)
from bunraku.commands.show import STDOUT, progress_bar, write_json
from bunraku.runtime.options import DRIVER, FACE, HANDS, LIVE_RESOLUTION
from bunraku.stream.core.output_path import check_apart, check_file

app = typer.Typer(no_args_is_help=True, help="Measure how fast Bunraku is on this machine.")


@app.callback()
def root() -> None:
    """Keep the subcommand's name although there is only one."""


@app.command()
def latency(
    bundle: Annotated[
        str,
        typer.Option(
            "--bundle",
            "--preset",
            help="Networks: one that ships, or a folder.",
        ),
    ] = "live",
    iuv_bundle: IuvBundleOption = "iuv",
    driver: LiveDriverOption = DRIVER,
    face: FaceOption = FACE,
    hands: HandsOption = HANDS,
    resolution: ResolutionOption = None,
    engine: EngineOption = AUTO,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor threads; by default all cores.")
    ] = None,
    photo: Annotated[
        Path | None, typer.Option(help="Photo to measure with, instead of the bundled one.")
    ] = None,
    clip: Annotated[
        Path | None, typer.Option(help="Clip to measure with, instead of the bundled one.")
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to measure.")] = 150,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="File to write; - for stdout, as without it.")
    ] = None,
) -> None:
    """Time the whole chain from frame to picture, and each stage, beside a yardstick network."""
    from bunraku.runtime.bench import BenchOptions, run_latency
    from bunraku.runtime.engines.registry import choose

    if json_file is not None and str(json_file) != STDOUT:
        check_file(json_file)  # now, not after a minute of measuring
        given = ((photo, "photo"), (clip, "clip"))
        check_apart(json_file, [(path, what) for path, what in given if path is not None])
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
    )
    typer.echo(f"engine: {choose(engine)}", err=True)
    with progress_bar("frames") as progress:
        task = progress.add_task("Measuring", total=frames)
        report = run_latency(options, lambda done, _: progress.update(task, completed=done))
    write_json(json_file or Path(STDOUT), report)
    if json_file is not None and str(json_file) != STDOUT:
        _print(report)


def _print(report: dict[str, Any]) -> None:
    rows = {"chain": report["chain_ms"], "yardstick": report["yardstick_ms"]}
    rows |= {f"  {name.removesuffix('_ms')}": spread for name, spread in report["stages"].items()}
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
