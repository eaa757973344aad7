"""The folder of a run."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryFile

from bunraku.errors import OutputError


def make_folder(out: Path) -> None:
    """The run's folder, if it is not there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        taken = out.exists() and not out.is_dir()
        raise OutputError(
            f"{out} is no folder." if taken else f"{out} cannot be made: {error.strerror}.",
            "Name another folder.",
        ) from error


def check_writable(out: Path) -> None:
    """See that files can be made in a folder, which is made if it is not there.

    Raises:
        OutputError: they cannot.
    """
    make_folder(out)
    try:
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise OutputError.of(out, error) from error


def write_whole(path: Path, text: str) -> None:
    """Write a file, which appears whole or stays as it was; raises OSError."""
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
