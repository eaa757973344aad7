"""``bunraku train ablations``: the paper's Table III, trained and measured at a size given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.extras import need
from bunraku.commands.options import InceptionOption, ThreadsOption
from bunraku.commands.training import LONGEST, Device, Seed, check_inputs
from bunraku.errors import InputError


def ablations(
    data: Annotated[
        list[str],
        typer.Option(metavar="DIR[:WEIGHT]", help="People to learn from; may be given again."),
    ],
    unseen: Annotated[Path, typer.Option(help="People who are not among them, to measure on.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the table and all runs.")],
    width: Annotated[
        float, typer.Option(min=0.01, max=4.0, help="The paper's channels, times this.")
    ] = 1.0,
    length: Annotated[
        float, typer.Option(min=1e-9, max=LONGEST, help="The paper's steps, times this.")
    ] = 1.0,
    batch: Annotated[int | None, typer.Option(min=1, help="Samples a step.")] = None,
    people: Annotated[
        int | None, typer.Option(min=2, help="Of the unseen people, at most.")
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Driving frames of each, at most.")] = 4,
    row: Annotated[
        list[str] | None, typer.Option(help="Only this row, by its key; may be given again.")
    ] = None,
    iuv_checkpoint: Annotated[
        Path | None, typer.Option("--iuv", help="Checkpoint of the IUV net.")
    ] = None,
    keypoints: Annotated[bool, typer.Option(help="AKD and MKR, by the pose networks.")] = True,
    likeness: Annotated[bool, typer.Option(help="FED and look, and AED and FID.")] = True,
    reid: Annotated[
        Path | None, typer.Option(help="ONNX network that tells people apart, for AED.")
    ] = None,
    inception: InceptionOption = None,
    device: Device = "cpu",
    threads: ThreadsOption = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that make batches ahead; 0: none.")
    ] = 0,
    seed: Seed = 0,
) -> None:
    """Train and measure the nine generators of the paper's Table III. Again, to go on.

    Writes OUT/ablations.json and ablations.md after each row, beside the paper's numbers.
    """
    need("train", "torch", "efficientnet_lite_pytorch", "scipy")
    from bunraku.training.ablation.run import TABLE, AblationOptions, run_ablations
    from bunraku.training.embedding import OnnxEmbedder, inception_of
    from bunraku.training.judge import PoseJudge
    from bunraku.training.likeness import NetworkLikeness
    from bunraku.training.mixture import DataShare

    if not likeness and (reid is not None or inception is not None):
        raise InputError("A network is given for what is left out.", "Leave out --no-likeness.")
    options = AblationOptions(
        data=tuple(map(DataShare.parse, data)),
        unseen=unseen,
        out=out,
        width=width,
        length=length,
        batch=batch,
        people=people,
        frames=frames,
        iuv=iuv_checkpoint,
        device=device,
        threads=threads,
        workers=workers,
        seed=seed,
        rows=tuple(row or ()),
    )
    check_inputs([*(share.folder for share in options.data), unseen], device, iuv_checkpoint)
    who = PoseJudge(threads) if keypoints else None  # told now, not after hours of training
    looks = None
    if likeness:
        people_net = None if reid is None else OnnxEmbedder(reid, normalise=True, threads=threads)
        fid = None if inception is None else inception_of(inception, threads)
        looks = NetworkLikeness(people_net, None, fid)
    run_ablations(options, typer.echo, who, looks)
    typer.echo(f"table: {out / TABLE}")
