"""``bunraku fetch``: the networks for pose, face and hands, ahead of the first use."""

from __future__ import annotations

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
    package: Annotated[
        Path | None,
        typer.Option(help="The npm package of --pose that is already here, instead of npm."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Fetch again although they are there.")
    ] = False,
) -> None:
    """Fetch MediaPipe's networks for pose, face and hands once, and convert them.

    They come out of the published mediapipe wheel (Apache-2.0), those of --pose lite and heavy
    out of the npm package @mediapipe/pose (likewise, by npm), are checked by SHA-256 and kept in
    the cache folder. BUNRAKU_POSE_WHEEL names a local wheel as well; BUNRAKU_CACHE another cache
    folder.
    """
    from bunraku.export.pose.fetch import fetch_model, fetch_networks
    from bunraku.runtime.pose.networks import PoseModel, pose_folder

    if pose not in set(PoseModel):
        raise InputError(f"There is no pose network {pose!r}.", f"Use {', '.join(PoseModel)}.")
    model = PoseModel(pose)
    if package is not None and model is PoseModel.FULL:
        raise InputError(
            "--package holds no network that is wanted.", "Say which with --pose lite or heavy."
        )

    with progress_bar() as progress:
        task = progress.add_task("Looking for the networks", total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        networks = fetch_networks(wheel=wheel, force=force, progress=report)
        fetch_model(model, package=package, force=force, progress=report)
    typer.echo(f"The pose networks are in {networks.landmarks.parent}")
    if model is not PoseModel.FULL:
        typer.echo(f"The {model} one is in {pose_folder(model)}")
