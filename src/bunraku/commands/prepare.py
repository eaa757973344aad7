"""``bunraku prepare``: real clips as data to train on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.options import IuvBundleOption, SurfaceOption, clip_path


def prepare(
    clips: Annotated[
        list[Path],
        typer.Argument(
            metavar="CLIPS...",
            parser=clip_path,
            help="Clips, or folders of clips or of their pictures.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the records and of manifest.json.")],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one for each core.")
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.1, help="Frames a second that are looked at, at most.")
    ] = 10.0,
    smallest: Annotated[
        int, typer.Option(metavar="PX", min=16, help="Least height of the person in the clip.")
    ] = 128,
    sharpness: Annotated[
        float,
        typer.Option(min=0.0, help="Least sharpness of a frame; 0 keeps blurred ones too."),
    ] = 0.02,
    pose: Annotated[
        str, typer.Option(metavar="lite|full|heavy|auto", help="The network that finds the body.")
    ] = "full",
    iuv_bundle: IuvBundleOption = "iuv",
    surface: SurfaceOption = 128,
) -> None:
    """Cut people out of clips and map them, as data for `bunraku train`.

    Beside CLIP.mp4 may lie its IUV images, as a folder CLIP.iuv. Clips that OUT already holds are
    kept: run it again to go on.
    """
    from bunraku.runtime.pose.networks import PoseModel
    from bunraku.spec.cores import cores
    from bunraku.training.prepare.quality import Limits
    from bunraku.training.prepare.run import PrepareOptions
    from bunraku.training.prepare.run import prepare as prepare_clips

    options = PrepareOptions(
        out=out,
        limits=Limits(rate_fps=rate, smallest_px=smallest, sharpness=sharpness),
        pose=PoseModel.choose(pose, live=False),
        iuv_bundle=iuv_bundle,
        surface=surface,
        workers=workers or cores(),
    )
    manifest = prepare_clips(clips, options, typer.echo)
    outcomes = manifest.clips.values()
    refused = sum(outcome.refused is not None for outcome in outcomes)
    typer.echo(
        f"{out}: {sum(outcome.records for outcome in outcomes)} records with "
        f"{sum(outcome.kept for outcome in outcomes)} frames of {len(outcomes) - refused} clips; "
        f"{refused} clips left out. Told in {out / 'manifest.json'}"
    )
