"""``bunraku synth``: synthetic people to train and to evaluate on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.extras import need
from bunraku.commands.options import SurfaceOption


def synth(
    out: Annotated[Path, typer.Option(help="Folder of the records, one file a person.")],
    assets: Annotated[
        Path, typer.Option(help="Folder with makehuman, cmu_mocap and bvh_mit in it.")
    ],
    people: Annotated[int, typer.Option(min=1, help="How many people.")] = 100,
    frames: Annotated[int, typer.Option(min=1, help="Pictures of each.")] = 12,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same people.")] = 0,
    backgrounds: Annotated[
        Path | None, typer.Option(help="Folder of pictures to stand before, beside made-up ones.")
    ] = None,
    surface: SurfaceOption = 128,
    observe: Annotated[
        bool,
        typer.Option("--observe", help="Also note what the pose networks see; training needs it."),
    ] = False,
) -> None:
    """Make synthetic people with exact pictures, masks, IUV maps and landmarks.

    People that OUT already holds are kept: run it again to go on.
    """
    need("train", "torch", "anny", "moderngl", "scipy")
    from bunraku.training.people.synth import synthesize

    report = synthesize(out, assets, people, frames, workers, seed, backgrounds, surface=surface)
    typer.echo(
        f"{report.people} people made and {report.resumed} kept in {out}: {report.frames} pictures "
        f"in {report.seconds:.1f} s, {report.samples_per_s:.1f} a second"
    )
    if observe:
        from bunraku.runtime.pose.networks import PoseNetworks
        from bunraku.training.observe import observe as observe_people

        PoseNetworks.find()  # told now, not by a worker later
        typer.echo(f"{observe_people(out, workers)} people observed by the pose networks")
