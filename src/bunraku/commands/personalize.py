"""``bunraku personalize``: a generator that knows one person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.extras import need
from bunraku.commands.options import (
    BundleOption,
    IuvBundleOption,
    ThreadsOption,
    clip_path,
    photo_path,
)


def personalize(
    photo: Annotated[
        Path, typer.Option(parser=photo_path, metavar="PHOTO", help="Picture of the person.")
    ],
    clip: Annotated[
        Path,
        typer.Option(
            parser=clip_path, metavar="CLIP", help="Some seconds of the same person, who moves."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the bundle.")],
    steps: Annotated[int, typer.Option(min=1, help="Of training; 300 take some minutes.")] = 300,
    learning_rate: Annotated[float, typer.Option(min=1e-7, help="Highest learning rate.")] = 3e-4,
    rate: Annotated[
        float, typer.Option(min=0.1, help="Frames a second that are looked at, at most.")
    ] = 10.0,
    pose: Annotated[
        str, typer.Option(metavar="lite|full|heavy|auto", help="The network that finds the body.")
    ] = "full",
    bundle: BundleOption = "live",
    iuv_bundle: IuvBundleOption = "iuv",
    threads: ThreadsOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 0,
) -> None:
    """Train the generator further on the person of a photo, from a short clip of that person.

    It learns from the clip's first half and is measured on the other, before and after; where
    nothing is gained, nothing is written. Only train on people who have agreed to it. What comes
    of it paints with --driver landmarks --bundle OUT; the body, which drives by default, paints
    with the photo's own pixels and no network.
    """
    need("train", "torch", "efficientnet_lite_pytorch", "onnxscript", "scipy")
    import torch

    from bunraku.runtime.pose.networks import PoseModel
    from bunraku.stream.core.output_path import check_replaced
    from bunraku.training.likeness import NetworkLikeness
    from bunraku.training.personal.run import PersonalOptions, personalize
    from bunraku.training.personal.tuning import TuneOptions
    from bunraku.training.prepare.quality import Limits

    check_replaced(out, [(photo, "photo"), (clip, "clip")])
    if threads is not None:
        torch.set_num_threads(threads)
    options = PersonalOptions(
        photo=photo,
        clip=clip,
        out=out,
        bundle=bundle,
        iuv=iuv_bundle,
        tuning=TuneOptions(steps, learning_rate, seed),
        limits=Limits(rate_fps=rate),
        pose=PoseModel.choose(pose, live=False),
    )
    report = personalize(options, typer.echo, NetworkLikeness())
    typer.echo(
        f"{report.gain:.0%} of the person's L1 gained on the unseen half in {report.minutes} "
        f"minutes. Try: bunraku animate PHOTO CLIP -o OUT.mp4 --driver landmarks --bundle {out}"
    )
