"""``bunraku fetch``: the networks for pose, face and hands, ahead of the first use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.show import progress_bar


def fetch(
    wheel: Annotated[
        Path | None,
        typer.Option(help="A mediapipe 0.10.21 wheel that is already here, instead of pip."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Fetch again although they are there.")
    ] = False,
) -> None:
    """Fetch MediaPipe's networks for pose, face and hands once, and convert them.

    They come out of the published mediapipe wheel (Apache-2.0), are checked by SHA-256 and kept
    in the cache folder. BUNRAKU_POSE_WHEEL names a local wheel as well; BUNRAKU_CACHE another
    cache folder.
    """
    from bunraku.export.pose.fetch import fetch_networks

    with progress_bar() as progress:
        task = progress.add_task("Looking for the networks", total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        networks = fetch_networks(wheel=wheel, force=force, progress=report)
    typer.echo(f"The pose networks are in {networks.landmarks.parent}")
