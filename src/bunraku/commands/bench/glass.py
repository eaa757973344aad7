"""``bunraku bench glass``: a webcam's delay, screen included."""

from __future__ import annotations

from typing import Annotated

import typer

from bunraku.commands.bench.options import JsonOption, check_json, tell, write_report
from bunraku.commands.options import parse_size
from bunraku.errors import OutputError


def glass(
    camera: Annotated[
        str | None,
        typer.Option(metavar="N|NAME", help="Webcam, by number or name; by default the first."),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size that the camera is asked for.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Frames a second that the camera is asked for.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long marks are shown.")] = 20.0,
    json_file: JsonOption = None,
) -> None:
    """Measure a webcam's delay from glass to program: a window shows marks, the camera films them.

    Point the camera at the window. The delay includes the window, the screen and the camera; not
    what Bunraku does with a frame, which `bench latency` tells.
    """
    import asyncio

    from bunraku.runtime.bench.facts import facts
    from bunraku.stream.bench.glass import GlassOptions, measure_glass
    from bunraku.stream.sinks.window import NO_WINDOW, WindowSink, check_display
    from bunraku.stream.sources.choose import SourceOptions, choose_source

    check_json(json_file)
    options = GlassOptions(seconds=seconds)
    options.check()
    told = SourceOptions(camera=camera, size=parse_size(size) if size else None, rate=rate)
    source = choose_source(told)
    try:
        check_display()
        tell(f"Point {source.name} at the window.")
        measured = asyncio.run(measure_glass(source, WindowSink("Bunraku: marks"), options))
    except OutputError as error:  # there is no doing without one here
        hint = (error.hint or "").removesuffix(f", {NO_WINDOW}")
        raise OutputError(error.message, f"{hint}." if hint else None) from error
    report = {**measured, "camera": source.name, **facts()}
    if write_report(json_file, report):
        spread = report["glass_ms"]
        typer.echo(
            f"glass to program: p50 {spread['p50']:.0f} ms, p95 {spread['p95']:.0f} ms, "
            f"min {spread['min']:.0f} ms, of {report['samples']} marks"
        )
        for line in report["includes"]:
            typer.echo(f"  with {line}")
        for line in report["leaves_out"]:
            typer.echo(f"  without {line}")
