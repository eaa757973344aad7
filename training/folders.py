"""The folder of a run."""

from __future__ import annotations

from pathlib import Path

from bunraku.errors import OutputError


def make_folder(out: Path) -> None:
    """The run's folder, if it is not there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made: {error.strerror}.") from error
