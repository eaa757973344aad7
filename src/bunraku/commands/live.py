"""``bunraku live``: photos, moved by a camera as you watch."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bunraku.commands.exits import EXIT_ERROR
from bunraku.commands.loading import Loading
from bunraku.commands.options import (
    AUTO,
    BundleOption,
    EngineOption,
    FaceOption,
    HandsOption,
    IuvBundleOption,
    LiveDriverOption,
    MarkOption,
    NoFaceOption,
    PartsOption,
    PoseOption,
    ResolutionOption,
    RotateOption,
    StageThreadsOption,
    WindowOnlyOption,
    out_path,
    parse_rotation,
    parse_size,
    photo_path,
)
from bunraku.commands.show import STDOUT, progress_bar, write_json
from bunraku.errors import InputError, OutputError
from bunraku.runtime.options import DRIVER, FACE, HANDS
from bunraku.runtime.parts import ALL, parse_parts

if TYPE_CHECKING:
    from bunraku.stream.core.session import SessionPuppet
    from bunraku.stream.core.stats import Stats
    from bunraku.stream.live import LiveOptions

_Choice = TypeVar("_Choice", bound=StrEnum)

MAX_SIDE_PX = 1280


def live(
    photos: Annotated[
        list[Path],
        typer.Argument(
            metavar="PHOTO...", parser=photo_path, help="Pictures of the people to move."
        ),
    ],
    camera: Annotated[
        str | None,
        typer.Option(metavar="N|NAME", help="Webcam, by number or name; by default the first."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Driving frames from a clip, an rtsp, http, udp or srt URL, or `pattern`.",
        ),
    ] = None,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Read a clip as fast as possible; files keep every frame."),
    ] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Start a clip over when it ends.")] = False,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size that the camera is asked for.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="FPS", help="Frames a second, likewise.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option(help="What opens webcams: opencv (by default) or pyav.")
    ] = None,
    rtsp_transport: Annotated[
        str | None, typer.Option(help="What carries rtsp: tcp (by default) or udp.")
    ] = None,
    window: Annotated[
        bool, typer.Option("--window/--no-window", help="Show the picture in a window.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            parser=out_path,
            metavar="FILE",
            help="File to write all along: .mp4, .mov, .mkv or .webm.",
        ),
    ] = None,
    record_to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of what the R key records; by default this one."),
    ] = None,
    virtual_camera: Annotated[
        bool, typer.Option("--virtual-camera", help="Be a webcam for other programs.")
    ] = False,
    virtual_camera_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which virtual camera, as /dev/video10."),
    ] = None,
    push: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Send it to an rtmp, rtsp, srt or udp URL, or as HLS into a file.m3u8. "
            "May be repeated.",
        ),
    ] = None,
    bitrate_kbps: Annotated[
        int | None,
        typer.Option(min=50, help="Bitrate of what is sent at full rate; by default 2500."),
    ] = None,
    mirror: Annotated[
        bool | None,
        typer.Option(
            "--mirror/--no-mirror", help="Move as in a mirror; by default only with webcams."
        ),
    ] = None,
    rotate: RotateOption = AUTO,
    overlay: Annotated[
        bool,
        typer.Option(
            "--overlay",
            help="Show rates, times, skeleton and IUV map; in the window alone if there is one.",
        ),
    ] = False,
    passthrough: Annotated[
        bool, typer.Option("--passthrough", help="Start with the camera's picture.")
    ] = False,
    window_only: WindowOnlyOption = False,
    mark: MarkOption = False,
    max_side: Annotated[
        int, typer.Option(min=64, max=4096, help="Longest side of the picture, in pixels.")
    ] = MAX_SIDE_PX,
    duration: Annotated[
        float | None,
        typer.Option(metavar="S", min=0.01, help="Stop so many seconds after the first frame."),
    ] = None,
    stats_json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the numbers there at the end; - for stdout."),
    ] = None,
    face: FaceOption = FACE,
    no_face: NoFaceOption = False,
    hands: HandsOption = HANDS,
    parts: PartsOption = ALL,
    resolution: ResolutionOption = None,
    driver: LiveDriverOption = DRIVER,
    pose: PoseOption = AUTO,
    bundle: BundleOption = "live",
    iuv_bundle: IuvBundleOption = "iuv",
    engine: EngineOption = AUTO,
    threads: StageThreadsOption = None,
) -> None:
    """Move the person of PHOTO live, as the person before the camera moves.

    Only animate people who have agreed to it. What is recorded is marked as synthetic in the
    file's metadata, and in the picture with --mark.

    Keys in the window: 1-9 choose among the photos, C calibrates to your present pose, M mirrors,
    O shows the overlay, R records, P passes the camera through, F freezes, E lets the face follow,
    B chooses the parts of the body that do, Q quits, ? shows them.
    Ctrl-C, SIGTERM or a closed terminal ends too, and completes recordings; a second Ctrl-C quits
    at once.
    """
    from bunraku.stream.live import LiveOptions
    from bunraku.stream.sinks.choose import SinkOptions
    from bunraku.stream.sources.choose import SourceOptions, is_camera, is_file
    from bunraku.stream.sources.url import Transport
    from bunraku.stream.sources.webcam import WebcamBackend

    told = SourceOptions(
        camera=camera,
        place=source,
        fast=fast,
        loop=loop,
        size=None if size is None else parse_size(size),
        rate=rate,
        backend=_one_of(backend, "--backend", WebcamBackend),
        transport=_one_of(rtsp_transport, "--rtsp-transport", Transport),
    )
    if record_to is not None and not window:
        raise InputError("--record-to is for the R key of the window.", "Use --out without one.")
    options = LiveOptions(
        photos=tuple(photos),
        source=told,
        sinks=SinkOptions(
            window=window,
            out=out,
            source_time=is_file(told),
            virtual_camera=virtual_camera,
            virtual_camera_name=virtual_camera_name,
            push=tuple(push or ()),
            bitrate_kbps=bitrate_kbps,
            rate=rate,
            nowhere=stats_json is not None,
        ),
        record_to=record_to or Path(),
        mirror=is_camera(told) if mirror is None else mirror,
        rotate_deg=parse_rotation(rotate),
        overlay=overlay,
        passthrough=passthrough,
        window_only=window_only,
        mark=mark,
        max_side_px=max_side,
        duration_s=duration,
    )
    loading = Loading(
        bundle=bundle,
        iuv=iuv_bundle,
        threads=threads,
        driver=driver,
        pose=pose,
        face=None if no_face else face,
        hands=hands,
        resolution=resolution,
        engine=engine,
        parts=parse_parts(parts),
    )
    run(
        options,
        stats_json,
        lambda: load_puppet(loading, options.rotate_deg is None),
    )


def run(options: LiveOptions, stats_json: Path | None, load: Callable[[], SessionPuppet]) -> None:
    """Make everything ready, run, and tell how it went."""
    from bunraku.commands.console import Console
    from bunraku.stream.core.output_path import check_apart, check_file
    from bunraku.stream.live import Live, inputs_of, outputs_of

    if stats_json is not None and str(stats_json) != STDOUT:
        check_file(stats_json)
        check_apart(stats_json, [*inputs_of(options), *outputs_of(options)])
    show = Live(options)
    with progress_bar() as progress:
        task = progress.add_task("Starting", total=None)

        def on_step(text: str, step: int, steps: int) -> None:
            progress.update(task, completed=step, total=steps, description=text)

        show.prepare(load, on_step)
    console = Console()
    for number, photo in enumerate(show.photos, 1):
        notes = "".join(f"; {note}" for note in photo.report.notes)
        console.say(f"photo {number}: {photo.name}{notes}")
    with console.logging():
        summary = show.run(
            on_notice=console.say, on_stats=lambda stats: console.status(stats_line(stats))
        )
    console.status("")
    console.say(f"{summary.source}: {totals(summary.stats)}")
    if stats_json is not None:
        try:
            write_json(stats_json, summary.as_json())
        except OutputError as error:
            if summary.error is None:
                raise
            console.say(str(error))
    if summary.error is not None:
        raise summary.error
    if summary.failed:
        raise typer.Exit(EXIT_ERROR)


def load_puppet(loading: Loading, upright: bool) -> SessionPuppet:
    """Load the puppet; tests put a fake in its place."""
    import bunraku
    from bunraku.runtime.plan import live_shares

    models = loading.models(live=True, threads=live_shares().threads)
    return bunraku.Puppet(models, loading.options(upright=upright))


def stats_line(stats: Stats) -> str:
    """How it goes, in one line."""
    age = "" if stats.age_ms is None else f", {stats.age_ms.p50:.0f} ms old"
    stages = "".join(f", {name} {ms.p50:.0f}" for name, ms in stats.stages_ms.items())
    return f"{stats.fps_out:.1f} of {stats.fps_in:.1f} fps{age}{stages}{_mishaps(stats)}"


def totals(stats: Stats) -> str:
    """How it went, in one line."""
    return (
        f"{stats.frames_out} of {stats.frames_in} frames in {stats.elapsed_s:.1f} s "
        f"({stats.fps_out:.1f} a second){_mishaps(stats)}"
    )


def _mishaps(stats: Stats) -> str:
    counts = {
        "dropped": sum(stats.dropped.values()),
        "without anybody": stats.lost,
        "failed": sum(stats.faults.values()),
    }
    return "".join(f", {count} {what}" for what, count in counts.items() if count)


def _one_of(text: str | None, option: str, known: type[_Choice]) -> _Choice | None:
    if text is None:
        return None
    if text not in list(known):
        raise InputError(f"{option} {text} is not known.", f"Use {' or '.join(known)}.")
    return known(text)
