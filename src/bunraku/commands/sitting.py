"""``bunraku train sitting``: a training on a machine that is lent for minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.extras import need
from bunraku.commands.training import LONGEST, Device, Seed, check_inputs, one_of


def sitting(
    minutes: Annotated[
        float, typer.Argument(min=0.01, help="Of everything: rendering, training, writing.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run, the weights and the report.")],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR[:WEIGHT]", help="People that were carried here, with weights."),
    ] = None,
    assets: Annotated[
        Path | None, typer.Option(help="Or what people are rendered of; as for `bunraku synth`.")
    ] = None,
    people: Annotated[int, typer.Option(min=1, help="How many are rendered.")] = 400,
    preset: Annotated[
        str, typer.Option(help="How wide the network is: live, paper or paper256.")
    ] = "live",
    iuv_checkpoint: Annotated[
        Path | None, typer.Option("--iuv", help="Checkpoint of the IUV net, or its pieces.")
    ] = None,
    length: Annotated[
        float,
        typer.Option(min=1e-9, max=LONGEST, help="Samples of the whole run, in the recipe's."),
    ] = 1.0,
    batch: Annotated[
        int | None,
        typer.Option(min=1, help="Samples a step; default: the recipe's, on a GPU four times."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that make batches; default: cores - 1.")
    ] = None,
    device: Device = "cuda",
    seed: Seed = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="A step of each phase, to see whether it works.")
    ] = False,
) -> None:
    """Train the generator on a machine that is lent for minutes; again, to go on.

    OUT gets the averaged weights in pieces of at most 15 MiB, which `bunraku export OUT/weights`
    reads, a plot of the losses, and train.json: what ran, how fast, how busy the GPU was.
    """
    need("train", "torch", "efficientnet_lite_pytorch")
    from bunraku.networks.presets import Preset
    from bunraku.training.mixture import DataShare
    from bunraku.training.sitting import sit
    from bunraku.training.sitting_options import SittingOptions

    options = SittingOptions(
        minutes=minutes,
        out=out,
        data=tuple(map(DataShare.parse, data or ())),
        assets=assets,
        people=people,
        preset=one_of(Preset, preset, "preset"),
        iuv=iuv_checkpoint,
        length=length,
        batch=batch,
        workers=workers,
        device=device,
        seed=seed,
        dry_run=dry_run,
    )
    check_inputs([share.folder for share in options.data], device, iuv_checkpoint)
    sit(options, typer.echo)
