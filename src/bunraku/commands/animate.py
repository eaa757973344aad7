"""``bunraku animate``: a photo, moved by a clip, into a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bunraku.commands.exits import EXIT_INTERRUPTED
from bunraku.commands.loading import Loading
from bunraku.commands.options import (
    AUTO,
    BundleOption,
    EngineOption,
    FaceOption,
    HandsOption,
    IuvBundleOption,
    MarkOption,
    NoFaceOption,
    PartsOption,
    PoseOption,
    ResolutionOption,
    RotateOption,
    ThreadsOption,
    WindowOnlyOption,
    clip_path,
    iuv_path,
    out_path,
    parse_rotation,
    photo_path,
    whole_number,
)
from bunraku.commands.show import print_json, progress_bar
from bunraku.errors import InputError
from bunraku.runtime.options import DRIVER, FACE, HANDS, DriverKind
from bunraku.runtime.parts import ALL, parse_parts

if TYPE_CHECKING:
    from bunraku.runtime.drivers.iuv_images.order import ToldOrder
    from bunraku.runtime.drivers.iuv_images.reading import IuvImages
    from bunraku.stream.clip.animate import ClipPuppet
    from bunraku.stream.clip.options import AnimateOptions, AnimateSummary

MAX_SIDE_PX = 4096


def animate(
    photo: Annotated[
        Path,
        typer.Argument(metavar="PHOTO", parser=photo_path, help="Picture of the person to move."),
    ],
    clip: Annotated[
        Path,
        typer.Argument(
            metavar="CLIP",
            parser=clip_path,
            help="Video of the person whose movement is taken.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            parser=out_path,
            metavar="FILE",
            help="File to write: .mp4, .m4v, .mov, .mkv or .webm.",
        ),
    ],
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="Show the clip to the left of the picture.")
    ] = False,
    window_only: WindowOnlyOption = False,
    frames: Annotated[
        str | None,
        typer.Option(metavar="A:B", help="Frames A up to, not including, B, counted from 0."),
    ] = None,
    calibrate: Annotated[
        int | None,
        typer.Option(
            metavar="FRAME",
            min=0,
            help="Frame of the clip at which the driver stands as the photo does; "
            "by default the first with a clear view.",
        ),
    ] = None,
    rotate: RotateOption = AUTO,
    mark: MarkOption = False,
    max_side: Annotated[
        int, typer.Option(min=64, max=MAX_SIDE_PX, help="Longest side of the picture, in pixels.")
    ] = MAX_SIDE_PX,
    driver: Annotated[
        str, typer.Option(help="What moves the photo: landmarks, body, or iuv-images with --iuv.")
    ] = DRIVER,
    iuv: Annotated[
        Path | None,
        typer.Option(
            parser=iuv_path,
            metavar="PATH",
            help="IUV images as DensePose writes them, one for each frame of CLIP: a folder of "
            "PNG files, or a clip of lossless RGB.",
        ),
    ] = None,
    pose: PoseOption = AUTO,
    face: FaceOption = FACE,
    no_face: NoFaceOption = False,
    hands: HandsOption = HANDS,
    parts: PartsOption = ALL,
    resolution: ResolutionOption = None,
    bundle: BundleOption = "live",
    iuv_bundle: IuvBundleOption = "iuv",
    engine: EngineOption = AUTO,
    threads: ThreadsOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a summary as JSON to stdout.")
    ] = False,
) -> None:
    """Animate the person of PHOTO as the person of CLIP moves.

    Only animate people who have agreed to it. What you make is marked as synthetic in the
    file's metadata, and in the picture with --mark.

    The file keeps the clip's timing and sound. Ctrl-C, SIGTERM or a closed
    terminal ends it early and leaves it playable.
    """
    from bunraku.stream.clip.options import AnimateOptions

    start, stop = parse_frames(frames)
    options = AnimateOptions(
        photo=photo,
        clip=clip,
        out=out,
        iuv=iuv,
        start=start,
        stop=stop,
        calibrate=calibrate,
        side_by_side=side_by_side,
        window_only=window_only,
        rotate_deg=parse_rotation(rotate),
        mark=mark,
        max_side_px=max_side,
    )
    images = iuv_images(driver, options)
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
    summary = _run(options, loading, images)
    _report(summary)  # first: stdout may have no room
    if as_json:
        print_json(summary.as_json())
    if summary.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


def parse_frames(text: str | None) -> tuple[int, int | None]:
    """Read "A:B", either of which may be left out, as the first frame and the one after the last.

    :raises InputError: it is something else.
    """
    if text is None:
        return 0, None
    first, colon, last = text.partition(":")
    start, stop = whole_number(first or "0"), whole_number(last) if last else None
    if not colon or start is None or (last and stop is None):
        raise InputError(f"--frames {text} is not A:B.", "Give frame numbers, as in 0:100 or 50:")
    return start, stop


def iuv_images(driver: str, options: AnimateOptions) -> IuvImages | None:
    """The images that drive in place of landmarks, if such a driver is asked for.

    :raises InputError: there is no such driver, the images are not named or cannot be read, or
        there are fewer than frames.
    """
    from bunraku.runtime.drivers.iuv_images.reading import IuvImages

    if driver not in set(DriverKind):
        raise InputError(f"There is no driver {driver!r}.", f"Use {' or '.join(DriverKind)}.")
    if driver != DriverKind.IUV_IMAGES:
        if options.iuv is not None:
            raise InputError("--iuv is for another driver.", "Add --driver iuv-images.")
        return None
    if options.iuv is None:
        raise InputError("The driver iuv-images needs its images.", "Name them with --iuv.")
    if options.rotate_deg:
        raise InputError(
            "IUV images are not turned with the clip.", "Leave out --rotate, or turn both before."
        )
    images = IuvImages(options.iuv)
    expected = _frames_of(options.clip) if options.stop is None else options.stop
    if expected is not None:
        images.check_frames(expected)
    images.close()  # the driver reads them by itself
    return images


def _frames_of(clip: Path) -> int | None:
    """How many frames the clip has at least, if its container counts them."""
    from bunraku.stream.clip.reader import ClipReader

    with ClipReader(clip) as reader:
        return reader.counted_frames


def _run(options: AnimateOptions, loading: Loading, images: IuvImages | None) -> AnimateSummary:
    from bunraku.runtime.drivers.iuv_images.order import ToldOrder
    from bunraku.stream.clip.animate import animate_clip
    from bunraku.stream.core.signals import StopRequest, interrupt

    frames = 0

    def on_asked() -> None:
        if frames == 0:  # there is no file to complete, and loading takes a while
            interrupt()

    with progress_bar("frames") as progress, StopRequest(on_asked) as stop:
        task = progress.add_task("Starting", total=None)
        order = ToldOrder()

        def load() -> ClipPuppet:
            return load_puppet(loading, options.rotate_deg is None, images, order)

        def on_frame(done: int, total: int | None) -> None:
            nonlocal frames
            frames = done
            progress.update(task, completed=done, total=total, description="Animating")

        return animate_clip(load, options, on_frame=on_frame, should_stop=stop, on_read=order.tell)


def load_puppet(
    loading: Loading, upright: bool, images: IuvImages | None, order: ToldOrder
) -> ClipPuppet:
    """Load the puppet; tests put a fake in its place.

    :param images: drive in place of landmarks and body, one for each frame of this order.
    """
    import bunraku

    if images is None:
        models = loading.models(live=False)
    else:
        plain = replace(loading, driver=DriverKind.LANDMARKS)
        models = plain.models(live=False).driven_by_images(images, order)
    return bunraku.Puppet(models, loading.options(upright=upright))


def _report(summary: AnimateSummary) -> None:
    for note in summary.notes:
        typer.echo(f"note: {note}", err=True)
    how = "stopped early, " if summary.interrupted else ""
    frames = "frame" if summary.frames == 1 else "frames"
    typer.echo(
        f"{summary.output}: {how}{summary.frames} {frames} of {summary.width} x {summary.height} "
        f"in {summary.elapsed_s:.1f} s ({summary.fps:.1f} a second), sound: {summary.audio}",
        err=True,
    )
